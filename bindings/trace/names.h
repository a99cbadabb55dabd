#pragma once
/// Names of functions, and chains of frames, as Python objects that outlive their session.
/// Thread: one that holds the GIL. Errors: py::error_already_set if there is no memory.

#include <cstdint>
#include <string>

#include "bindings/trace/texts.h"
#include "tracer/read/event_source.h"

namespace loopscope::bindings {

struct FunctionName {
  std::string function;
  std::string file;
  std::uint32_t line;
};

/// None: it has no name.
py::object function_name(const tracer::EventSource& source, tracer::NameId id,
                         tracer::Track track = tracer::Track::loop);
/// A frame and those above it, innermost first.
py::list stack_of(const tracer::EventSource& source, tracer::NameId frame, tracer::Track track);
/// A frame and those above it: a chain of coroutines, outermost first.
py::list chain_of(const tracer::EventSource& source, tracer::NameId frame);
/// A time; None where it is not known.
py::object known(std::int64_t t_ns);

/// Puts into `made` what asyncio calls a task, and where it stands and what for since its latest step. None: it is not known.
void put_standing(py::dict& made, const tracer::EventSource& source, const tracer::OpenTask& task);

void bind_names(py::module_& module);

}  // namespace loopscope::bindings

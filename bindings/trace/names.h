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
/// A frame and those above it: a chain of coroutines, outermost first.
py::list chain_of(const tracer::EventSource& source, tracer::NameId frame);
void bind_names(py::module_& module);

}  // namespace loopscope::bindings

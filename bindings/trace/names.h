#pragma once
/// Names of functions, and chains of frames, as Python objects that outlive their session.
/// Thread: one that holds the GIL. Errors: py::error_already_set if there is no memory.

#include <cstdint>
#include <string>

#include "bindings/trace/texts.h"
#include "tracer/read/event_source.h"
#include "tracer/words.h"

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
template <typename Task>
void put_standing(py::dict& made, const tracer::EventSource& source, const Task& task) {
  if (task.given_name != tracer::kNoName)
    made["given_name"] = text(source.name(task.given_name).function);
  else
    made["given_name"] = task.number == 0 ? py::object(py::none()) : text("Task-" + std::to_string(task.number));
  made["stopped_ns"] = known(task.stopped_ns);
  made["stands"] = chain_of(source, task.frame);
  made["awaits"] =
      task.stopped_ns == 0 ? py::object(py::none()) : py::cast(tracer::await_kind_name(task.await_kind));
  made["awaited"] = task.awaited;
}
void bind_names(py::module_& module);

}  // namespace loopscope::bindings

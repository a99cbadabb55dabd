#pragma once
/// What is now, or was when the trace ended, as Python dicts. bindings/loopscope/_trace.pyi says what is in them.
/// Thread: one that holds the GIL. Errors: py::error_already_set if there is no memory.

#include "bindings/trace/texts.h"
#include "tracer/read/event_source.h"

namespace loopscope::bindings {

py::dict present_of(const tracer::EventSource& source);
py::dict counters_of(const tracer::EventSource& source);
py::list handles_of(const tracer::EventSource& source);
py::list tasks_of(const tracer::EventSource& source);

}  // namespace loopscope::bindings

#pragma once
/// What held the loop for too long, as Python dicts. bindings/loopscope/_trace.pyi says what is in them.
/// Thread: one that holds the GIL. Owner: refers to a Session that outlives it. Errors: none but of memory.

#include "bindings/trace/texts.h"

namespace loopscope::bindings {

void bind_stalls(py::module_& module);

}  // namespace loopscope::bindings

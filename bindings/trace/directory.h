#pragma once
/// Which sessions there are, for Python.

#include "bindings/trace/texts.h"

namespace loopscope::bindings {

void bind_directory(py::module_& module);

}  // namespace loopscope::bindings

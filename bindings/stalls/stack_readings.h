#pragma once
/// Many copies of one thread's stack, taken as fast as possible by a thread without the GIL: what `loopscope doctor` and the tests
/// learn from about reading stacks in this process.
///
/// Thread: called with the GIL, which it lets go of while it reads. Errors: Python exceptions.

#define PY_SSIZE_T_CLEAN
#include <Python.h>

namespace loopscope::bindings {

/// read_stacks(thread, times) -> (done, torn, none, {(function, file, first_line, line): times seen})
PyObject* read_stacks(PyObject*, PyObject* args);

}  // namespace loopscope::bindings

#pragma once
/// A view of memory for one call of one C function that takes a buffer.
///
/// It spares a memoryview for each call. Use it only for functions that keep nothing but the Py_buffer they take, and keep
/// that no longer than the call: after it the window shows nothing.
/// Thread: the GIL. Owner: nobody owns the memory; the caller keeps it alive during the call. Errors: Python exceptions.

#include <Python.h>

namespace loopscope::bindings {

/// A new window that shows nothing yet, or null with an exception set.
PyObject* new_window();

/// While it lives, `window` shows the memory.
class Showing {
 public:
  Showing(PyObject* window, void* data, Py_ssize_t size_bytes);
  ~Showing();
  Showing(const Showing&) = delete;
  Showing& operator=(const Showing&) = delete;

 private:
  PyObject* window_;
};

/// False with an exception set.
bool make_window_type();

}  // namespace loopscope::bindings

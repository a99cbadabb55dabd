#pragma once
/// A view of memory that is handed to one C function for one call, as the buffer that its argument asks for.
///
/// A memoryview would be made and thrown away per call. Only for functions that are known to keep nothing but the
/// Py_buffer they take, and that for no longer than the call: after it the window shows nothing.
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

#pragma once
/// The memory of an object that has a buffer, as long as it is held. Until then the object neither moves nor frees that
/// memory; a bytearray, for one, refuses to be resized.
/// Thread: the GIL. Owner: of the view, and by it of a reference to the object. Errors: Python exceptions.

#include <Python.h>

namespace loopscope::bindings {

class HeldBuffer {
 public:
  HeldBuffer() = default;
  ~HeldBuffer() { release(); }
  HeldBuffer(const HeldBuffer&) = delete;
  HeldBuffer& operator=(const HeldBuffer&) = delete;

  /// Only while nothing is held. False with an exception set if `object` has no buffer, or none to write into.
  [[nodiscard]] bool take_readable(PyObject* object) {
    return PyObject_GetBuffer(object, &view_, PyBUF_SIMPLE) == 0;
  }
  [[nodiscard]] bool take_writable(PyObject* object) {
    return PyObject_GetBuffer(object, &view_, PyBUF_WRITABLE) == 0;
  }
  /// Does nothing where nothing is held.
  void release() { PyBuffer_Release(&view_); }

  /// Whose buffer it is; null if nothing is held. Borrowed; for the garbage collector.
  [[nodiscard]] PyObject* object() const { return view_.obj; }
  [[nodiscard]] char* data() const { return static_cast<char*>(view_.buf); }
  /// In bytes.
  [[nodiscard]] Py_ssize_t size() const { return view_.len; }

 private:
  Py_buffer view_{};
};

}  // namespace loopscope::bindings

#pragma once
/// The memory of an object that has a buffer, as long as it is held. Until then the object neither moves nor frees that
/// memory; a bytearray, for one, refuses to be resized.
/// Thread: the GIL. Owner: of the view, and by it of a reference to the object. Errors: Python exceptions.

#include <Python.h>

namespace loopscope::bindings {

class HeldBuffer {
 public:
  HeldBuffer() = default;
  ~HeldBuffer() { PyBuffer_Release(&view_); }  // does nothing where nothing was taken
  HeldBuffer(const HeldBuffer&) = delete;
  HeldBuffer& operator=(const HeldBuffer&) = delete;

  /// To be called once. False with an exception set if `object` has no buffer, or none to write into.
  [[nodiscard]] bool take_readable(PyObject* object) {
    return PyObject_GetBuffer(object, &view_, PyBUF_SIMPLE) == 0;
  }
  [[nodiscard]] bool take_writable(PyObject* object) {
    return PyObject_GetBuffer(object, &view_, PyBUF_WRITABLE) == 0;
  }

  [[nodiscard]] char* data() const { return static_cast<char*>(view_.buf); }
  /// In bytes.
  [[nodiscard]] Py_ssize_t size() const { return view_.len; }

 private:
  Py_buffer view_{};
};

}  // namespace loopscope::bindings

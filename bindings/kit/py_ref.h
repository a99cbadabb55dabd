#pragma once
/// An owned reference to a Python object. Thread: needs the GIL for everything but moves and tests.

#include <Python.h>

#include <utility>

namespace loopscope::bindings {

class PyRef {
 public:
  PyRef() = default;
  static PyRef steal(PyObject* object) { return PyRef(object); }
  static PyRef borrow(PyObject* object) {
    Py_XINCREF(object);
    return PyRef(object);
  }
  ~PyRef() { Py_XDECREF(object_); }
  PyRef(const PyRef& other) : object_(other.object_) { Py_XINCREF(object_); }
  PyRef(PyRef&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  PyRef& operator=(PyRef other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }

  [[nodiscard]] PyObject* get() const { return object_; }
  [[nodiscard]] PyObject* release() { return std::exchange(object_, nullptr); }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  explicit PyRef(PyObject* object) : object_(object) {}
  PyObject* object_ = nullptr;
};

/// Replaces `*slot` by a new reference to `value` (or null), as Py_XSETREF does.
inline void assign(PyObject*& slot, PyObject* value) {
  Py_XINCREF(value);
  PyObject* old = std::exchange(slot, value);
  Py_XDECREF(old);
}
inline void clear(PyObject*& slot) {
  Py_XDECREF(std::exchange(slot, nullptr));
}

/// What a weak reference stands for; empty, without an exception, if that is gone.
PyRef referent(PyObject* weak_reference);

/// The exception that is set, taken out and normalized; and back in again.
PyRef take_exception();
void put_exception(PyRef exception);

/// True if the exception that is set must leave run_forever(): SystemExit, KeyboardInterrupt.
bool is_exit_exception();

}  // namespace loopscope::bindings

#pragma once
/// A callback inside a Python object. Every callback on a Python program's loop is one.
/// Thread: the GIL.

#include <Python.h>

#include "loop/callback.h"

namespace loopscope::bindings {

class PyCallback : public loop::Callback {
 public:
  /// The object that a queue's reference keeps alive. Borrowed; for the garbage collector.
  [[nodiscard]] virtual PyObject* held() = 0;

 protected:
  using loop::Callback::Callback;
  ~PyCallback() = default;
};

}  // namespace loopscope::bindings

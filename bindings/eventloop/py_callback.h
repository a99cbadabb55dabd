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
  /// It watched a descriptor, and is about to be replaced or removed: it is not called any more, even if it is queued. False
  /// with an exception set. A transport's own callbacks find out by themselves that they are not wanted any more.
  virtual bool cancel_watching() { return true; }

 protected:
  using loop::Callback::Callback;
  ~PyCallback() = default;
};

}  // namespace loopscope::bindings

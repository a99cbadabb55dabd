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
  /// The program wants it no more: it is not called again, even if it is queued. A reference that a queue or a watcher holds stays
  /// theirs. Idempotent. False with an exception set; it is cancelled all the same.
  virtual bool cancel() = 0;

 protected:
  using loop::Callback::Callback;
  ~PyCallback() = default;
};

}  // namespace loopscope::bindings

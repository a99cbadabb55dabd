#pragma once
/// What a Python callable is called, where it stands, and which task is behind it.
///
/// A name is interned once per code object: a bound method, a closure made anew each time and a task's step all
/// lead to the code that runs. Callables written in C are named by their type or method, without a file.
/// Thread: the loop's, with the GIL. Owner: keeps each code object it has named alive, so that its address stays
/// its key. Errors: none; a callable that cannot be named gets kNoName.

#include <Python.h>

#include <utility>
#include <vector>

#include "bindings/py_ref.h"
#include "loop/callback.h"

namespace loopscope::bindings {

class CallbackNames {
 public:
  /// `kind` is what the caller knows; a task's step is recognised and becomes task_step, a protocol's method that was
  /// queued becomes what it is. `first` is the first argument, null if there is none.
  loop::Description describe(tracer::Recorder& recorder, PyObject* callable, tracer::CallbackKind kind,
                             PyObject* first = nullptr);
  /// The name of `object`'s method, as seen from its class.
  tracer::NameId method(tracer::Recorder& recorder, PyObject* object, PyObject* method_name);
  /// For the timer of an asyncio.sleep(): "sleep in" the coroutine that waits for `future`, and where that stands. kNoName
  /// if no task waits for it, or not yet.
  tracer::NameId sleep(tracer::Recorder& recorder, PyObject* future);
  /// The name of the coroutine that a task runs.
  tracer::NameId task(tracer::Recorder& recorder, PyObject* task);

  /// For the garbage collector: a class that has been named may lead back to the loop.
  int traverse(visitproc visit, void* arg) const;
  /// Lets go of what was named. Only when nothing is recorded any more.
  void clear() { const auto dropped = std::exchange(kept_, {}); }

 private:
  tracer::NameId callable(tracer::Recorder& recorder, PyObject* object);
  tracer::NameId code(tracer::Recorder& recorder, PyCodeObject* code, PyObject* qualname);
  tracer::NameId c_function(tracer::Recorder& recorder, PyObject* function);
  tracer::NameId type_of(tracer::Recorder& recorder, PyObject* object);
  tracer::NameId type(tracer::Recorder& recorder, PyTypeObject* type, const char* method);
  tracer::NameId sleep_in(tracer::Recorder& recorder, PyCodeObject* code, PyObject* qualname);
  tracer::NameId keep(tracer::NameId id, PyObject* key);

  std::vector<PyRef> kept_;
};

/// The task whose step or wake-up `callable` is; null (borrowed) if it is neither.
PyObject* task_behind(PyObject* callable);

}  // namespace loopscope::bindings

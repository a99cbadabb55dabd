#pragma once
/// What a Python callable is called, where it stands, and which task is behind it.
///
/// A name is interned once per code object: a bound method, a closure made anew each time and a task's step all
/// lead to the code that runs. Callables written in C are named by their type or method, without a file.
/// Thread: the loop's, with the GIL. Owner: of nothing that it names. A key is the address of a code object, a class or a
/// definition of a method, and is forgotten when that is gone, before anything else can have the address.
/// Errors: none; a callable that cannot be named gets kNoName.

#include <Python.h>

#include <cstdint>
#include <string_view>

#include "bindings/kit/death_watch.h"
#include "loop/callback.h"
#include "tracer/write/recorder.h"

namespace loopscope::bindings {

class CallbackNames {
 public:
  /// The names are those of this recorder.
  explicit CallbackNames(tracer::Recorder& recorder)
      : named_([this, &recorder](const void* key) {
          recorder.forget_name(key);
          ++deaths_;
        }) {}

  /// `kind` is what the caller knows. A task's step becomes task_step, and a queued method of a protocol becomes its own
  /// kind. `first` is the first argument, null if there is none.
  loop::Description describe(tracer::Recorder& recorder, PyObject* callable, tracer::CallbackKind kind,
                             PyObject* first = nullptr);
  /// The name of `object`'s method, as seen from its class.
  tracer::NameId method(tracer::Recorder& recorder, PyObject* object, PyObject* method_name);
  /// For the timer of an asyncio.sleep(): "sleep in" the coroutine that waits for `future`, and where that stands. kNoName
  /// if no task waits for it, or not yet.
  tracer::NameId sleep(tracer::Recorder& recorder, PyObject* future);
  /// The name of the coroutine that a task runs.
  tracer::NameId task(tracer::Recorder& recorder, PyObject* task);
  /// The name of the function whose code this is. Before Python 3.11 a code object does not know its `qualname`; null: its name.
  tracer::NameId code(tracer::Recorder& recorder, PyCodeObject* code, PyObject* qualname);

  /// Grows whenever something that has a name is gone. Who remembers more of a code object, by its address, forgets it then.
  [[nodiscard]] std::uint64_t deaths() const { return deaths_; }

  /// Only when nothing is recorded any more.
  void clear() {
    named_.clear();
    ++deaths_;
  }

 private:
  tracer::NameId callable(tracer::Recorder& recorder, PyObject* object);
  tracer::NameId c_function(tracer::Recorder& recorder, PyObject* function);
  tracer::NameId type_of(tracer::Recorder& recorder, PyObject* object);
  tracer::NameId type(tracer::Recorder& recorder, PyTypeObject* type, const char* method);
  tracer::NameId sleep_in(tracer::Recorder& recorder, PyCodeObject* code, PyObject* qualname);
  /// The name and the place of a key. The key means this as long as `alive` lives.
  tracer::NameId intern(tracer::Recorder& recorder, const void* key, PyObject* alive, std::string_view name,
                        std::string_view file = {}, std::uint32_t line = 0);

  DeathWatch named_;
  std::uint64_t deaths_ = 1;
};

/// The task whose step or wake-up `callable` is; null (borrowed) if it is neither.
PyObject* task_behind(PyObject* callable);

}  // namespace loopscope::bindings

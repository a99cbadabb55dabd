#pragma once
/// loopscope.Handle and loopscope.TimerHandle: what call_soon() and call_later() return. From Python 3.14 on
/// call_soon_threadsafe() has a type of its own, as asyncio's: the GIL is its lock.
///
/// They are plain CPython types and not pybind11 ones: one is made and run per callback, and pybind11's instances and
/// argument casters would cost more than the callback itself. They are real subclasses of asyncio.Handle and
/// asyncio.TimerHandle, so isinstance() holds. Our fields lie in the slots of those Python classes as far as possible;
/// our own properties answer instead of the slots.
///
/// Thread: the GIL; run on the loop's thread. Owner: Python's reference counts; a queue holds one.
/// Garbage collection: while the loop runs and its queue holds a handle, the handle cannot be garbage. So the collector does
/// not see it, nor the copy of a context that only this handle has; otherwise it would walk over every scheduled handle. It
/// sees the handle again when the queue lets go of it and others hold it, when somebody asks for the context, and
/// when the loop stops.

#include <Python.h>

#include <cstdint>

#include "bindings/eventloop/py_callback.h"

namespace loopscope::bindings {

struct LoopObject;
struct HandleObject;

/// The HandleObject's face to the loop. Lives inside it.
class HandleCallback final : public PyCallback {
 public:
  void retain() override;
  void run() override;
  void drop() override;
  [[nodiscard]] PyObject* held() override;
  /// As Handle.cancel().
  bool cancel() override;
  loop::Description describe(tracer::Recorder& recorder) override;
};

inline constexpr Py_ssize_t kInlineArgs = 3;

struct HandleObject {
  PyObject ob_base;
  // The slots of asyncio.Handle, in the order in which CPython lays them out: by name.
  PyObject* args;      ///< a tuple, if there are more than kInlineArgs
  PyObject* callback;  ///< null once cancelled
  PyObject* unused_cancelled;
  PyObject* context;
  LoopObject* loop;
  PyObject* repr;              ///< kept by cancel() in debug mode
  PyObject* source_traceback;  ///< debug mode only
  PyObject* weak_references;   ///< CPython's; from 3.12 on they lie elsewhere
  // Those of asyncio.TimerHandle.
  PyObject* unused_scheduled;
  PyObject* when_object;  ///< as given to call_at(); null: make it from `when`
  // Ours.
  HandleCallback work;
  tracer::NameId named;  ///< a name given by the maker instead of the callback's own
  tracer::CallbackKind kind;
  bool context_untracked;  ///< the context is a copy of ours that the garbage collector is not told of
  std::uint8_t inline_count;
  PyObject* inline_args[kInlineArgs];
  double when;              ///< seconds on loop.time()'s clock
  std::uint64_t object_id;  ///< the timer it is, or the open handle it belongs to; 0 if neither
};

inline PyObject* as_object(HandleObject* handle) {
  return reinterpret_cast<PyObject*>(handle);
}
inline HandleObject* as_handle(PyObject* object) {
  return reinterpret_cast<HandleObject*>(object);
}

/// What a new handle is made of. All borrowed.
struct HandleParts {
  LoopObject* loop;
  PyObject* callback;
  PyObject* const* args = nullptr;
  Py_ssize_t arg_count = 0;
  PyObject* context = nullptr;  ///< null or None: a copy of the current one
  tracer::CallbackKind kind = tracer::CallbackKind::soon;
  tracer::NameId named = tracer::kNoName;
  std::uint64_t object_id = 0;
};

/// True for what call_later() and call_at() make, once they have given it its id.
[[nodiscard]] inline bool is_timer(const HandleObject* handle) {
  return handle->kind == tracer::CallbackKind::timer && handle->object_id != 0;
}
/// At level tasks, for the timer of an asyncio.sleep(): whoever awaits its future sleeps from here on. Nothing for all others.
void begin_sleep(HandleObject* handle);
/// At level tasks: the timer will not end a sleep any more. To be called before it lets go of its arguments.
void end_sleep(HandleObject* handle);
[[nodiscard]] HandleObject* handle_of(HandleCallback& work);
/// Calls the callback in its context and reports what it raises; nothing if it was cancelled.
void run_handle(HandleObject* handle);
/// The callback's arguments, as a new tuple. Null with an exception set.
PyObject* args_tuple(HandleObject* handle);

/// A new reference, or null with an exception set.
HandleObject* new_handle(const HandleParts& parts);
/// As call_soon_threadsafe() makes it.
HandleObject* new_threadsafe_handle(const HandleParts& parts);
HandleObject* new_timer_handle(const HandleParts& parts, double when, PyObject* when_object);

[[nodiscard]] bool is_handle(PyObject* object);

/// To be called when the queue gives its reference back.
void release_from_queue(HandleObject* handle);
/// To be called when the loop stops: from then on the handles that it holds may become garbage.
void track_pending_handles(LoopObject* loop);

/// Makes the two types and adds them to `module`. False with an exception set.
bool add_handle_types(PyObject* module);

}  // namespace loopscope::bindings

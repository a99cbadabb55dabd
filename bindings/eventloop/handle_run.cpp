#include <cstddef>

#include "bindings/eventloop/handle.h"
#include "bindings/eventloop/loop_object.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

PyObject* args_tuple(HandleObject* handle) {
  if (handle->args != nullptr) {
    Py_INCREF(handle->args);
    return handle->args;
  }
  PyObject* tuple = PyTuple_New(handle->inline_count);
  for (Py_ssize_t i = 0; tuple != nullptr && i < handle->inline_count; ++i) {
    Py_INCREF(handle->inline_args[i]);
    PyTuple_SET_ITEM(tuple, i, handle->inline_args[i]);
  }
  return tuple;
}

namespace {

/// The callback may cancel its own handle and so drop what it is called with: hold it meanwhile.
PyObject* call(HandleObject* handle) {
  const PyRef callback = PyRef::borrow(handle->callback);
  if (handle->args != nullptr) {
    const PyRef args = PyRef::borrow(handle->args);
    return PyObject_Call(callback.get(), args.get(), nullptr);
  }
  PyObject* stack[kInlineArgs + 1] = {};
  const Py_ssize_t count = handle->inline_count;
  for (Py_ssize_t i = 1; i <= count; ++i) {
    stack[i] = handle->inline_args[i - 1];
    Py_INCREF(stack[i]);
  }
  PyObject* result = PyObject_Vectorcall(
      callback.get(), stack + 1, static_cast<std::size_t>(count) | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr);
  for (Py_ssize_t i = 1; i <= count; ++i) Py_DECREF(stack[i]);
  return result;
}

/// asyncio.Handle._run's report of a callback that raised.
void report(HandleObject* handle) {
  LoopObject* loop = handle->loop;
  if (is_exit_exception()) {
    exit_loop(loop);
    return;
  }
  const PyRef exception = take_exception();
  const PyRef args = PyRef::steal(args_tuple(handle));
  PyObject* callback = handle->callback != nullptr ? handle->callback : Py_None;
  PyObject* debug = loop->debug != 0 ? Py_True : Py_False;
  const PyRef source =
      PyRef::steal(PyObject_CallFunctionObjArgs(runtime().format_callback, callback, args.get(), debug, nullptr));
  if (!source)
    PyErr_Clear();
  const PyRef message = PyRef::steal(source ? PyUnicode_FromFormat("Exception in callback %S", source.get())
                                            : PyUnicode_FromString("Exception in callback"));
  PyObject* context = Py_BuildValue("{sOsOsO}", "message", message.get(), "exception", exception.get(), "handle",
                                    as_object(handle));
  if (context != nullptr && handle->source_traceback != nullptr)
    PyDict_SetItemString(context, "source_traceback", handle->source_traceback);
  report_exception(loop, context);
}

void run_in_context(HandleObject* handle) {
  const PyRef context = PyRef::borrow(handle->context);
  if (PyContext_Enter(context.get()) != 0) {
    report(handle);
    return;
  }
  PyObject* result = call(handle);
  if (result != nullptr) {
    Py_DECREF(result);
    PyContext_Exit(context.get());
    return;
  }
  const PyRef exception = take_exception();
  PyContext_Exit(context.get());
  put_exception(exception);
  report(handle);
}

/// The handle that debug mode speaks of: asyncio's own where ours only runs that one (a signal's).
PyRef told_handle(HandleObject* handle) {
  PyObject* callback = handle->callback;
  PyObject* self = callback != nullptr && PyMethod_Check(callback) ? PyMethod_GET_SELF(callback) : nullptr;
  const bool wraps = handle->kind == tracer::CallbackKind::signal && self != nullptr &&
                     PyObject_TypeCheck(self, reinterpret_cast<PyTypeObject*>(runtime().handle_type));
  return PyRef::borrow(wraps ? self : as_object(handle));
}

/// Debug mode: times the callback and reports slow ones as asyncio does.
void run_timed(HandleObject* handle) {
  LoopObject* loop = handle->loop;
  const PyRef told = told_handle(handle);
  assign(loop->current_handle, told.get());
  const auto begin_ns = tracer::monotonic_ns();
  run_in_context(handle);
  const double seconds = static_cast<double>(tracer::monotonic_ns() - begin_ns) * 1e-9;
  clear(loop->current_handle);
  const PyRef nothing =
      PyRef::steal(PyObject_CallMethod(as_object(loop), "_report_if_slow", "Od", told.get(), seconds));
  if (!nothing)
    PyErr_WriteUnraisable(as_object(handle));
}

void run_plain(HandleObject* handle) {
  if (handle->loop->debug != 0) [[unlikely]]
    run_timed(handle);
  else
    run_in_context(handle);
}

/// The timer of an asyncio.sleep(): its first argument is the future.
bool is_sleep(const HandleObject* handle) {
  return is_timer(handle) && handle->callback == runtime().set_result_unless_cancelled && handle->inline_count > 0;
}

bool tasks_recorded(const HandleObject* handle) {
  return handle->loop->state->loop.recorder().tasks();
}

/// At level tasks: after a step a task may be done, or waits for something. Kept out of the way of the other levels.
[[gnu::noinline, gnu::cold]] void run_with_tasks_recorded(HandleObject* handle) {
  end_sleep(handle);
  const PyRef task = PyRef::borrow(task_behind(handle->callback));
  run_plain(handle);
  if (!task)
    return;
  const PyRef done =
      PyRef::steal(runtime().task_done != nullptr ? runtime().task_done(task.get(), nullptr) : nullptr);
  if (done.get() == Py_True)
    handle->loop->state->trace.tasks.done(task.get());
  else
    handle->loop->state->trace.tasks.stopped(task.get());
}

}  // namespace

void run_handle(HandleObject* handle) {
  if (handle->callback == nullptr)
    return;
  if (tasks_recorded(handle)) [[unlikely]]
    return run_with_tasks_recorded(handle);
  run_plain(handle);
}

void begin_sleep(HandleObject* handle) {
  if (tasks_recorded(handle) && is_sleep(handle)) [[unlikely]]
    handle->loop->state->trace.tasks.starts_with(handle->inline_args[0], tracer::AwaitKind::sleep,
                                                 handle->object_id);
}

void end_sleep(HandleObject* handle) {
  if (tasks_recorded(handle) && is_sleep(handle)) [[unlikely]]
    handle->loop->state->trace.tasks.ends_with(handle->inline_args[0]);
}

HandleObject* handle_of(HandleCallback& work) {
  return reinterpret_cast<HandleObject*>(reinterpret_cast<char*>(&work) - offsetof(HandleObject, work));
}

PyObject* HandleCallback::held() {
  return as_object(handle_of(*this));
}

void HandleCallback::retain() {
  Py_INCREF(handle_of(*this));
}

void HandleCallback::drop() {
  if (!cancelled()) [[unlikely]]
    end_sleep(handle_of(*this));
  release_from_queue(handle_of(*this));
}

void HandleCallback::run() {
  HandleObject* handle = handle_of(*this);
  if (records_itself()) [[unlikely]] {
    handle->loop->state->trace.cause = this;
    run_handle(handle);
    handle->loop->state->trace.cause = nullptr;
  } else {
    run_handle(handle);
  }
  release_from_queue(handle);
}

loop::Description HandleCallback::describe(tracer::Recorder& recorder) {
  HandleObject* handle = handle_of(*this);
  if (handle->named != tracer::kNoName && !recorder.holds_name(handle->named)) [[unlikely]]
    handle->named = tracer::kNoName;
  if (handle->callback == runtime().set_result_unless_cancelled && handle->inline_count > 0 && is_timer(handle) &&
      handle->named == tracer::kNoName)
    handle->named = handle->loop->state->trace.names.sleep(recorder, handle->inline_args[0]);
  if (handle->named != tracer::kNoName)
    return {handle->named, handle->kind, handle->object_id};
  PyObject* first = handle->inline_count > 0 ? handle->inline_args[0] : nullptr;
  loop::Description what =
      handle->loop->state->trace.names.describe(recorder, handle->callback, handle->kind, first);
  if (what.kind == CallbackKind::timer && handle->callback != runtime().set_result_unless_cancelled)
    handle->named = what.name;  // it is asked for when it is set, when it is due, and when it runs
  if (what.kind == CallbackKind::task_step && recorder.tasks()) [[unlikely]]
    what.object = handle->loop->state->trace.tasks.number_of(task_behind(handle->callback));
  if (handle->object_id != 0)
    what.object = handle->object_id;
  return what;
}

}  // namespace loopscope::bindings

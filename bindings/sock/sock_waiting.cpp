/// A sock_* call that waits: it watches the descriptor until the kernel no longer would block, and tells its future.

#include <cstddef>

#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/transport_table.h"
#include "bindings/sock/sock_call.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

SockCallObject* call_of(SockCallback& work) {
  return reinterpret_cast<SockCallObject*>(reinterpret_cast<char*>(&work) - offsetof(SockCallObject, work));
}

void stop_watching(SockCallObject* self) {
  loop::Loop& loop = native(self->loop);
  loop::FdWatcher* watcher = self->fd >= 0 ? loop.watchers().find(self->fd) : nullptr;
  if (watcher == nullptr)
    return;
  if (watcher->reader() == &self->work)
    watcher->set_reader(nullptr, loop::Arming::kept);
  else if (watcher->writer() == &self->work)
    watcher->set_writer(nullptr, loop::Arming::kept);
}

/// At level tasks: whoever awaits the future waits for the descriptor.
void tell_of_future(SockCallObject* self) {
  const loop::FdWatcher* watcher = native(self->loop).watchers().find(self->fd);
  if (native(self->loop).recorder().tasks() && watcher != nullptr) [[unlikely]]
    self->loop->state->trace.tasks.starts_with(self->future, tracer::AwaitKind::handle, watcher->handle_id());
}

/// As asyncio's _ensure_fd_no_transport(): refuses a descriptor that a transport of the loop's works with.
bool check_no_transport(SockCallObject* self) {
  if (!table_of(self->loop->state->transports.get()).find(self->fd))
    return true;
  const PyRef checked =
      PyRef::steal(PyObject_CallMethod(as_object(self->loop), "_ensure_fd_no_transport", "i", self->fd));
  return static_cast<bool>(checked);
}

bool watch(SockCallObject* self) {
  loop::Arming arming = loop::Arming::exact;
  if (!check_open(self->loop) || !self->loop->state->leases.take(self->loop, self->sock, self->fd, arming))
    return false;
  loop::Loop& loop = native(self->loop);
  int error = 0;
  loop::FdWatcher* watcher = loop.watchers().open(self->fd, error);
  if (watcher != nullptr) {
    if (!cancel_watch(self->op->writes ? watcher->writer() : watcher->reader()))
      return false;
    Py_INCREF(self);
    error = self->op->writes ? watcher->set_writer(&self->work, arming) : watcher->set_reader(&self->work, arming);
  }
  if (error != 0) {
    stop_watching(self);
    set_loop_error(error);
    return false;
  }
  tracer::Recorder& recorder = loop.recorder();
  if (recorder.on() && watcher->handle_id() == 0)
    watcher->note_opened(tracer::HandleKind::watcher, self->work.describe(recorder).name);
  return true;
}

}  // namespace

bool begin_to_wait(SockCallObject* self) {
  self->future = new_future(self->loop);
  if (self->future == nullptr || !check_no_transport(self) || !watch(self))
    return false;
  self->state = SockState::waiting;
  tell_of_future(self);
  const auto* async = Py_TYPE(self->future)->tp_as_async;
  if (async == nullptr || async->am_await == nullptr) {
    PyErr_SetString(PyExc_TypeError, "create_future() must return an awaitable");
    return false;
  }
  self->future_iter = async->am_await(self->future);
  return self->future_iter != nullptr;
}

void let_go_of_future(SockCallObject* self) {
  if (self->future != nullptr && native(self->loop).recorder().tasks()) [[unlikely]]
    self->loop->state->trace.tasks.ends_with(self->future);
  clear(self->future_iter);
  clear(self->future);
}

void finish_sock_call(SockCallObject* self) {
  const PyRef kept = PyRef::borrow(as_object(self));  // the watcher gives its reference back
  if (self->state == SockState::waiting)
    stop_watching(self);
  self->state = SockState::over;
  self->data.release();
  let_go_of_future(self);
}

// -- its face to the loop --------------------------------------------------------------------------------------------------

namespace {

/// The descriptor is ready, or has an error to report.
void on_ready(SockCallObject* self) {
  if (self->state != SockState::waiting)
    return;
  const PyRef future = PyRef::borrow(self->future);
  const PyRef is_done = PyRef::steal(PyObject_CallMethodNoArgs(future.get(), runtime().done));
  if (is_done.get() == Py_True)
    return stop_watching(self);
  const Attempt attempt = is_done ? self->op->attempt(self) : Attempt{Attempt::failed};
  if (attempt.outcome == Attempt::again) {
    if (loop::FdWatcher* watcher = native(self->loop).watchers().find(self->fd))
      watcher->false_alarm();
    return;
  }
  stop_watching(self);
  PyRef value = PyRef::steal(attempt.value);
  if (attempt.outcome == Attempt::failed) {
    if (is_exit_exception())
      return exit_loop(self->loop);
    value = take_exception();
  }
  const bool failed = attempt.outcome == Attempt::failed;
  const PyRef told = PyRef::steal(PyObject_CallMethodOneArg(
      future.get(), failed ? runtime().set_exception : runtime().set_result, value.get()));
  if (!told)
    PyErr_WriteUnraisable(as_object(self));
}

}  // namespace

PyObject* SockCallback::held() {
  return as_object(call_of(*this));
}
bool SockCallback::cancel() {
  set_cancelled();
  return true;
}
void SockCallback::retain() {
  Py_INCREF(call_of(*this));
}
void SockCallback::drop() {
  Py_DECREF(call_of(*this));
}
void SockCallback::run() {
  SockCallObject* self = call_of(*this);
  on_ready(self);
  Py_DECREF(self);
}

/// Named for the coroutine that waits, if it is a task's: "recv in main".
loop::Description SockCallback::describe(tracer::Recorder& recorder) {
  SockCallObject* self = call_of(*this);
  const CallbackKind kind = self->op->writes ? CallbackKind::writer : CallbackKind::reader;
  if (self->function == nullptr || self->loop == nullptr)
    return {tracer::kNoName, kind, 0};
  loop::Description what = self->loop->state->trace.names.describe(recorder, self->function, kind);
  if (const loop::FdWatcher* watcher = self->loop->state->loop.watchers().find(self->fd))
    what.object = watcher->handle_id();
  return what;
}

}  // namespace loopscope::bindings

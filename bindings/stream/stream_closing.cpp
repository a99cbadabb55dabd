#include "bindings/stream/stream_object.h"

#include <cerrno>

#include "bindings/eventloop/handle.h"
#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/transport_table.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

void fatal(TransportObject* self, LoopObject* loop, const char* message) {
  if (is_exit_exception()) {
    exit_loop(loop);
    return;
  }
  const PyRef kept = PyRef::borrow(as_object(loop));
  const PyRef exception = take_exception();
  const PyRef text = PyRef::steal(PyUnicode_FromString(message));
  const PyRef done = PyRef::steal(
      PyObject_CallMethodObjArgs(as_object(self), runtime().fatal_error, exception.get(), text.get(), nullptr));
  if (done)
    return;
  if (is_exit_exception())
    exit_loop(loop);
  else
    PyErr_WriteUnraisable(as_object(self));
}

void fatal_errno(TransportObject* self, int error, const char* message) {
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  fatal(self, self->loop, message);
}

bool would_block(ssize_t result) {
  return result == -EAGAIN || result == -EWOULDBLOCK || result == -EINTR;
}

namespace {

/// As _call_connection_lost's users: schedules the end of the connection with `exception`, or None.
bool schedule_connection_lost(TransportObject* self, PyObject* exception) {
  if (!check_open(self->loop))
    return false;
  const PyRef callback = PyRef::steal(PyObject_GetAttrString(as_object(self), "_call_connection_lost"));
  if (!callback)
    return false;
  HandleParts parts{self->loop, callback.get(), &exception, 1, self->context};
  parts.kind = CallbackKind::connection_lost;
  parts.object_id = stream_of(self).handle_id();
  tracer::Recorder& recorder = self->loop->state->loop.recorder();
  if (recorder.on() && self->protocol != nullptr)
    parts.named = self->loop->state->names.method(recorder, self->protocol, runtime().connection_lost);
  HandleObject* handle = new_handle(parts);
  if (handle == nullptr)
    return false;
  self->loop->state->loop.call_soon(handle->work);
  return true;
}

}  // namespace

bool force_close(TransportObject* self, PyObject* exception) {
  if (self->connection_lost_count > 0 || self->loop == nullptr)
    return true;
  if (stream_of(self).queued_bytes() > 0) {
    stream_of(self).clear_queue();
    stream_of(self).stop_writing();
  }
  if (self->closing == 0) {
    self->closing = 1;
    stream_of(self).stop_reading();
  }
  ++self->connection_lost_count;
  return schedule_connection_lost(self, exception);
}

bool close_transport(TransportObject* self) {
  if (self->closing != 0 || self->loop == nullptr)
    return true;
  self->closing = 1;
  stream_of(self).stop_reading();
  if (stream_of(self).queued_bytes() > 0)
    return true;
  ++self->connection_lost_count;
  stream_of(self).stop_writing();
  return schedule_connection_lost(self, Py_None);
}

/// As _SelectorTransport._call_connection_lost: whatever the protocol does, the socket is closed.
PyObject* call_connection_lost(PyObject* object, PyObject* exception) {
  TransportObject* self = as_transport(object);
  if (self->loop == nullptr)
    Py_RETURN_NONE;
  PyRef raised;
  if (self->protocol_connected != 0) {
    const PyRef protocol = PyRef::borrow(self->protocol);
    const PyRef result =
        PyRef::steal(PyObject_CallMethodOneArg(protocol.get(), runtime().connection_lost, exception));
    if (!result)
      raised = take_exception();
  }
  const PyRef finished = PyRef::steal(PyObject_CallMethod(object, "_finish", nullptr));
  if (raised) {
    if (!finished)
      PyErr_Clear();
    put_exception(std::move(raised));
    return nullptr;
  }
  if (!finished)
    return nullptr;
  Py_RETURN_NONE;
}

void leave_table(TransportObject* self) {
  if (self->loop != nullptr)
    table_of(self->loop->state->transports.get()).leave(static_cast<int>(self->fd), as_object(self));
}

PyObject* detach(PyObject* object, PyObject*) {
  TransportObject* self = as_transport(object);
  if (self->parts != nullptr && self->loop != nullptr) {
    stream_of(self).clear_queue();
    stream_of(self).detach();
    leave_table(self);
  }
  clear(self->sock);
  clear(self->protocol);
  clear(self->server);
  clear(self->context);
  clear(self->read_context);
  clear(self->write_context);
  Py_CLEAR(self->loop);
  Py_RETURN_NONE;
}

}  // namespace loopscope::bindings

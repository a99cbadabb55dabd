#include "bindings/stream/stream_object.h"

#include <sys/socket.h>

#include <cerrno>

#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/held_buffer.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

constexpr Py_ssize_t kLostWritesBeforeWarning = 5;  // asyncio.constants.LOG_THRESHOLD_FOR_CONNLOST_WRITES

/// Calls the protocol's pause_writing() or resume_writing(); what it raises is reported, not fatal.
/// False with an exception set that has to leave the loop.
bool tell_protocol(TransportObject* self, CallbackKind kind, PyObject* method, const char* failed) {
  const bool resumes = kind == CallbackKind::resume_writing;
  const ProtocolSpan span(span_of(self, kind, method, resumes ? &self->parts->on_writable : nullptr));
  const PyRef protocol = PyRef::borrow(self->protocol);
  const PyRef result = PyRef::steal(PyObject_CallMethodNoArgs(protocol.get(), method));
  if (result)
    return true;
  if (is_exit_exception())
    return false;
  const PyRef exception = take_exception();
  report_exception(span.loop(), Py_BuildValue("{sssOsOsO}", "message", failed, "exception", exception.get(),
                                              "transport", as_object(self), "protocol", protocol.get()));
  return true;
}

}  // namespace

bool pause_protocol_if_full(TransportObject* self) {
  if (self->protocol_paused != 0 || static_cast<Py_ssize_t>(stream_of(self).queued_bytes()) <= self->high_water)
    return true;
  self->protocol_paused = 1;
  return tell_protocol(self, CallbackKind::pause_writing, runtime().pause_writing,
                       "protocol.pause_writing() failed");
}

namespace {

void resume_protocol_if_drained(TransportObject* self) {
  if (self->protocol_paused == 0 || static_cast<Py_ssize_t>(stream_of(self).queued_bytes()) > self->low_water)
    return;
  self->protocol_paused = 0;
  const PyRef loop = PyRef::borrow(as_object(self->loop));
  if (!tell_protocol(self, CallbackKind::resume_writing, runtime().resume_writing,
                     "protocol.resume_writing() failed"))
    exit_loop(as_loop(loop.get()));
}

void settle_empty_waiter(TransportObject* self, PyObject* exception) {
  if (self->empty_waiter == nullptr)
    return;
  const PyRef done =
      PyRef::steal(exception != nullptr ? PyObject_CallMethod(self->empty_waiter, "set_exception", "O", exception)
                                        : PyObject_CallMethod(self->empty_waiter, "set_result", "O", Py_None));
  if (!done)
    PyErr_Clear();  // it was cancelled
}

void write_failed(TransportObject* self, int error) {
  stream_of(self).stop_writing();
  stream_of(self).clear_queue();
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  const PyRef exception = take_exception();
  put_exception(exception);
  fatal(self, self->loop, "Fatal write error on socket transport");
  settle_empty_waiter(self, exception.get());
}

/// As _write_ready() ends a closed connection: at once, and with a handle's report of what the protocol raises.
void lose_connection(TransportObject* self) {
  const PyRef loop = PyRef::borrow(as_object(self->loop));  // the transport lets go of it
  const ProtocolSpan span(
      span_of(self, CallbackKind::connection_lost, runtime().connection_lost, &self->parts->on_writable));
  const PyRef done = PyRef::steal(call_connection_lost(as_object(self), Py_None));
  if (done)
    return;
  auto* loop_object = reinterpret_cast<LoopObject*>(loop.get());
  if (is_exit_exception()) {
    exit_loop(loop_object);
    return;
  }
  const PyRef exception = take_exception();
  report_exception(loop_object, Py_BuildValue("{sssOsO}", "message", "Exception in callback connection_lost()",
                                              "exception", exception.get(), "transport", as_object(self)));
}

void all_written(TransportObject* self) {
  stream_of(self).stop_writing();
  settle_empty_waiter(self, nullptr);
  if (self->closing != 0) {
    if (self->connection_lost_count == 0)  // else it is scheduled: the protocol closed while it was told to resume
      lose_connection(self);
  } else if (self->eof != 0) {
    ::shutdown(static_cast<int>(self->fd), SHUT_WR);
  }
}

}  // namespace

void write_ready(TransportObject* self) {
  if (self->connection_lost_count > 0 || self->loop == nullptr || stream_of(self).queued_bytes() == 0)
    return;
  const int error = stream_of(self).flush();
  if (error != 0 && !would_block(error))
    return write_failed(self, -error);
  resume_protocol_if_drained(self);  // it may write on
  if (self->loop != nullptr && stream_of(self).queued_bytes() == 0)
    all_written(self);
}

namespace {

/// Queues bytes: a reference to bytes, a copy of what may still change.
bool queue_bytes(TransportObject* self, PyObject* data, const char* begin, Py_ssize_t size) {
  PyObject* owner = PyBytes_CheckExact(data) ? or_none(data) : PyBytes_FromStringAndSize(begin, size);
  if (owner == nullptr)
    return false;
  stream_of(self).queue(owner == data ? begin : PyBytes_AS_STRING(owner), static_cast<std::size_t>(size), owner);
  return true;
}

/// The kernel did not take all that is queued: write_ready() sends the rest, in write_context.
bool await_writable(TransportObject* self) {
  Py_INCREF(self);
  const int error = stream_of(self).start_writing(self->parts->on_writable);
  if (error == 0)
    return true;
  set_loop_error(error);
  return false;
}

/// Queues what the kernel did not take.
bool queue_rest(TransportObject* self, PyObject* data, const char* rest, Py_ssize_t size) {
  if (stream_of(self).queued_bytes() == 0) {
    PyObject* context = new_context(self);
    if (context == nullptr)
      return false;
    Py_XSETREF(self->write_context, context);
    if (!await_writable(self))
      return false;
  }
  return queue_bytes(self, data, rest, size);
}

PyObject* write_bytes(TransportObject* self, PyObject* data, const char* begin, Py_ssize_t size) {
  if (self->eof != 0) {
    PyErr_SetString(PyExc_RuntimeError, "Cannot call write() after write_eof()");
    return nullptr;
  }
  if (self->empty_waiter != nullptr) {
    PyErr_SetString(PyExc_RuntimeError, "unable to write; sendfile is in progress");
    return nullptr;
  }
  if (size == 0)
    Py_RETURN_NONE;
  if (self->connection_lost_count > 0 || self->loop == nullptr) {
    if (self->connection_lost_count >= kLostWritesBeforeWarning) {
      const PyRef warned = PyRef::steal(PyObject_CallMethod(as_object(self), "_warn_lost", nullptr));
      if (!warned)
        return nullptr;
    }
    ++self->connection_lost_count;
    Py_RETURN_NONE;
  }
  ssize_t sent = 0;
  if (stream_of(self).queued_bytes() == 0) {
    sent = stream_of(self).write_now(begin, static_cast<std::size_t>(size));
    if (sent < 0) {
      if (!would_block(sent)) {
        fatal_errno(self, static_cast<int>(-sent), "Fatal write error on socket transport");
        Py_RETURN_NONE;
      }
      sent = 0;
    }
    if (sent == size)
      Py_RETURN_NONE;
  }
  if (!queue_rest(self, data, begin + sent, size - sent))
    return nullptr;
  if (!pause_protocol_if_full(self))
    return nullptr;
  Py_RETURN_NONE;
}

}  // namespace

PyObject* write(PyObject* object, PyObject* data) {
  TransportObject* self = as_transport(object);
  if (PyBytes_CheckExact(data)) [[likely]]
    return write_bytes(self, data, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data));
  if (!PyBytes_Check(data) && !PyByteArray_Check(data) && !PyMemoryView_Check(data)) {
    PyErr_Format(PyExc_TypeError, "data argument must be a bytes-like object, not '%s'", Py_TYPE(data)->tp_name);
    return nullptr;
  }
  HeldBuffer held;
  return held.take_readable(data) ? write_bytes(self, data, held.data(), held.size()) : nullptr;
}

PyObject* write_eof(PyObject* object, PyObject*) {
  TransportObject* self = as_transport(object);
  if (self->closing != 0 || self->eof != 0 || self->loop == nullptr)
    Py_RETURN_NONE;
  self->eof = 1;
  if (stream_of(self).queued_bytes() == 0 && ::shutdown(static_cast<int>(self->fd), SHUT_WR) != 0)
    return PyErr_SetFromErrno(PyExc_OSError);
  Py_RETURN_NONE;
}

}  // namespace loopscope::bindings

#include "bindings/stream/stream_object.h"

#include <sys/socket.h>

#include <cerrno>

#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/held_buffer.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

namespace {

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
  if (stage_of(self) >= Stage::lost || stream_of(self).queued_bytes() == 0)
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
    if (!renew_context(self, self->write_context) || !await_writable(self))
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
  if (stage_of(self) >= Stage::lost)
    return write_lost(self);
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

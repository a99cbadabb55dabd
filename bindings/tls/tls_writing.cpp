#include "bindings/tls/tls_object.h"

#include <cstring>

#include "bindings/kit/buffer_window.h"
#include "bindings/kit/runtime.h"
#include "bindings/stream/stream_object.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

/// What is written need not wait: neither for the handshake nor for what was written before.
bool writes_at_once(TlsObject* self) {
  return self->engine != nullptr && self->state == tls_runtime().wrapped && PyObject_Size(self->backlog) == 0;
}

/// Keeps data that the engine does not take now, as asyncio does, whether it will ever take it or not.
bool keep(TlsObject* self, PyObject* data, Py_ssize_t size) {
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  const PyRef kept = PyRef::steal(PyObject_CallMethodOneArg(self->backlog, tls_runtime().append, data));
  if (!kept) {
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(traceback);
    return false;
  }
  self->backlog_bytes += size;
  PyErr_Restore(type, value, traceback);
  return true;
}

/// The engine's answer to a write: bytes taken, 0 if it needs the other side first, -1 with an exception set.
Py_ssize_t encrypt(TlsObject* self, PyObject* data) {
  PyObject* stack[] = {self->engine, data};
  const PyRef count = PyRef::steal(PyObject_Vectorcall(tls_runtime().engine_write, stack, 2, nullptr));
  if (count)
    return PyLong_AsSsize_t(count.get());
  return took_again() ? 0 : -1;
}

bool send(TlsObject* self, PyObject* data) {
  const PyRef transport = PyRef::borrow(self->transport);
  if (self->on_stream != 0 && as_transport(self->transport)->attributes == nullptr)
    return static_cast<bool>(PyRef::steal(write(transport.get(), data)));
  return static_cast<bool>(PyRef::steal(PyObject_CallMethodOneArg(transport.get(), tls_runtime().write, data)));
}

/// Calls pause_writing() or resume_writing(); what that raises is reported, not fatal.
bool tell_app(TlsObject* self, CallbackKind kind, PyObject* method, const char* failed) {
  {
    const ProtocolSpan span(app_call(self, kind, method));
    const PyRef result = PyRef::steal(PyObject_CallMethodNoArgs(self->app_protocol, method));
    if (result)
      return true;
  }
  if (is_exit_exception())
    return false;
  const PyRef exception = take_exception();
  const PyRef context = PyRef::steal(Py_BuildValue("{sssOsOsO}", "message", failed, "exception", exception.get(),
                                                   "transport", self->app_transport, "protocol", as_object(self)));
  return context &&
         PyRef::steal(PyObject_CallMethodOneArg(self->loop, runtime().call_exception_handler, context.get()));
}

bool control_app_writing(TlsObject* self) {
  const Py_ssize_t encrypted = pending(self->outgoing);
  if (encrypted < 0)
    return false;
  const Py_ssize_t size = encrypted + self->backlog_bytes;
  if (size >= self->outgoing_high.bytes && self->app_writing_paused == 0) {
    self->app_writing_paused = 1;
    return tell_app(self, CallbackKind::pause_writing, runtime().pause_writing, "protocol.pause_writing() failed");
  }
  if (size <= self->outgoing_low.bytes && self->app_writing_paused != 0) {
    self->app_writing_paused = 0;
    return tell_app(self, CallbackKind::resume_writing, runtime().resume_writing,
                    "protocol.resume_writing() failed");
  }
  return true;
}

PyObject* answer(TlsObject* self, bool done) {
  if (!done && !end_connection(self))
    return nullptr;
  Py_RETURN_NONE;
}

/// Bytes in a list or tuple of bytes objects; -1 if it is not one.
Py_ssize_t size_of_parts(PyObject* list) {
  if (!PyList_CheckExact(list) && !PyTuple_CheckExact(list))
    return -1;
  Py_ssize_t size = 0;
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list); ++i) {
    PyObject* part = PySequence_Fast_GET_ITEM(list, i);
    if (!PyBytes_CheckExact(part))
      return -1;
    size += PyBytes_GET_SIZE(part);
  }
  return size;
}

/// Encrypts the parts as one, so that they share records. -1 with an exception set.
Py_ssize_t encrypt_joined(TlsObject* self, PyObject* parts) {
  Buffers& buffers = loop_of(self)->state->buffers;
  char* end = buffers.small();
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(parts); ++i) {
    PyObject* part = PySequence_Fast_GET_ITEM(parts, i);
    std::memcpy(end, PyBytes_AS_STRING(part), static_cast<std::size_t>(PyBytes_GET_SIZE(part)));
    end += PyBytes_GET_SIZE(part);
  }
  buffers.small_is_lent = true;
  const Showing showing(tls_runtime().window, buffers.small(), end - buffers.small());
  const Py_ssize_t taken = encrypt(self, tls_runtime().window);
  buffers.small_is_lent = false;
  return taken;
}

}  // namespace

bool process_outgoing(TlsObject* self) {
  if (self->ssl_writing_paused == 0) {
    const PyRef data = PyRef::steal(PyObject_CallOneArg(tls_runtime().bio_read, self->outgoing));
    if (!data || (PyBytes_GET_SIZE(data.get()) > 0 && !send(self, data.get())))
      return false;
  }
  return control_app_writing(self);
}

PyObject* write_one(TlsObject* self, PyObject* data) {
  if (!writes_at_once(self)) {
    const PyRef list = PyRef::steal(PyTuple_Pack(1, data));
    return list ? PyObject_CallFunctionObjArgs(tls_runtime().stock_write_appdata, as_object(self), list.get(),
                                               nullptr)
                : nullptr;
  }
  const PyRef kept = PyRef::borrow(as_object(self));
  const Py_ssize_t size = PyObject_Size(data);
  if (size < 0)
    return nullptr;
  const Py_ssize_t taken = encrypt(self, data);
  if (taken <= 0 && !keep(self, data, size))
    return nullptr;
  return answer(self, taken >= 0 && process_outgoing(self));
}

PyObject* write_appdata(PyObject* object, PyObject* list) {
  TlsObject* self = as_tls(object);
  const Py_ssize_t size = writes_at_once(self) ? size_of_parts(list) : -1;
  if (size <= 0 || size > static_cast<Py_ssize_t>(Buffers::kSmallBytes) ||
      loop_of(self)->state->buffers.small_is_lent)
    return PyObject_CallFunctionObjArgs(tls_runtime().stock_write_appdata, object, list, nullptr);
  const PyRef kept = PyRef::borrow(object);
  const PyRef parts = PyRef::steal(PySequence_Tuple(list));  // the list may change meanwhile
  if (!parts)
    return nullptr;
  const Py_ssize_t taken = encrypt_joined(self, parts.get());
  for (Py_ssize_t i = 0; taken <= 0 && i < PyTuple_GET_SIZE(parts.get()); ++i) {
    PyObject* part = PyTuple_GET_ITEM(parts.get(), i);
    if (!keep(self, part, PyBytes_GET_SIZE(part)))
      return nullptr;
  }
  return answer(self, taken >= 0 && process_outgoing(self));
}

PyObject* py_process_outgoing(PyObject* object, PyObject*) {
  if (as_tls(object)->engine == nullptr)
    return PyObject_CallOneArg(tls_runtime().stock_process_outgoing, object);
  if (!process_outgoing(as_tls(object)))
    return nullptr;
  Py_RETURN_NONE;
}

PyObject* py_control_app_writing(PyObject* object, PyObject*) {
  if (as_tls(object)->engine == nullptr)
    return PyObject_CallOneArg(tls_runtime().stock_control_app_writing, object);
  if (!control_app_writing(as_tls(object)))
    return nullptr;
  Py_RETURN_NONE;
}

}  // namespace loopscope::bindings

#include "bindings/protocol_calls.h"

#include "bindings/handle.h"
#include "bindings/loop_methods.h"
#include "bindings/runtime.h"

namespace loopscope::bindings {

using tracer::CallbackKind;
using tracer::HandleKind;

namespace {

bool is_instance(PyObject* object, PyObject* type) {
  return PyObject_TypeCheck(object, reinterpret_cast<PyTypeObject*>(type)) != 0;
}

/// The id that a transport in Python keeps of its open handle.
std::uint64_t handle_id_of(PyObject* transport) {
  const PyRef id = PyRef::steal(PyObject_GetAttr(transport, runtime().handle_id));
  const auto number = id && PyLong_Check(id.get()) ? PyLong_AsUnsignedLongLong(id.get()) : 0;
  PyErr_Clear();
  return PyErr_Occurred() == nullptr ? number : 0;
}

/// A bound method of a protocol, of those that transports queue.
CallbackKind kind_of(PyObject* self, PyObject* name, PyObject* first) {
  const Runtime& it = runtime();
  if (name == it.connection_made)
    return first != nullptr && is_instance(first, it.base_transport) ? CallbackKind::connection_made
                                                                     : CallbackKind::soon;
  if (!is_instance(self, it.base_protocol))
    return CallbackKind::soon;
  if (name == it.connection_lost)
    return CallbackKind::connection_lost;
  return name == it.eof_received ? CallbackKind::eof_received : CallbackKind::soon;
}

}  // namespace

std::optional<ProtocolCall> protocol_call(PyObject* callable, PyObject* first) {
  if (!PyMethod_Check(callable) || !PyFunction_Check(PyMethod_GET_FUNCTION(callable)))
    return std::nullopt;
  PyObject* self = PyMethod_GET_SELF(callable);
  PyObject* name = reinterpret_cast<PyFunctionObject*>(PyMethod_GET_FUNCTION(callable))->func_name;
  if (name == runtime().call_connection_lost && is_instance(self, runtime().base_transport)) {
    PyRef protocol = PyRef::steal(PyObject_GetAttrString(self, "_protocol"));
    PyErr_Clear();
    if (protocol && protocol.get() != Py_None)
      return ProtocolCall{CallbackKind::connection_lost, std::move(protocol), handle_id_of(self)};
    return std::nullopt;
  }
  const CallbackKind kind = kind_of(self, name, first);
  if (kind == CallbackKind::soon)
    return std::nullopt;
  return ProtocolCall{kind, PyRef::borrow(self), kind == CallbackKind::connection_made ? handle_id_of(first) : 0};
}

PyObject* protocol_method(CallbackKind kind) {
  const Runtime& it = runtime();
  switch (kind) {
    case CallbackKind::connection_made:
      return it.connection_made;
    case CallbackKind::data_received:
      return it.data_received;
    case CallbackKind::buffer_updated:
      return it.buffer_updated;
    case CallbackKind::eof_received:
      return it.eof_received;
    case CallbackKind::connection_lost:
      return it.connection_lost;
    case CallbackKind::pause_writing:
      return it.pause_writing;
    case CallbackKind::resume_writing:
      return it.resume_writing;
    default:
      return nullptr;
  }
}

namespace {

/// The arguments that the methods below have in common.
struct Span {
  CallbackKind kind;
  std::uint64_t handle_id;
  tracer::NameId name;
};

bool parse(LoopObject* self, PyObject* const* args, Py_ssize_t count, Span& span) {
  if (count < 4) {
    PyErr_SetString(PyExc_TypeError, "a kind, a handle's id, a protocol and a callable are required");
    return false;
  }
  const long kind = PyLong_AsLong(args[0]);
  span.handle_id = PyLong_AsUnsignedLongLong(args[1]);
  if (PyErr_Occurred() != nullptr)
    return false;
  span.kind = static_cast<CallbackKind>(kind);
  PyObject* method = protocol_method(span.kind);
  if (method == nullptr) {
    PyErr_SetString(PyExc_ValueError, "the kind is not that of a protocol's method");
    return false;
  }
  tracer::Recorder& recorder = native(self).recorder();
  span.name = recorder.on() ? self->state->names.method(recorder, args[2], method) : tracer::kNoName;
  return true;
}

}  // namespace

PyObject* open_handle(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  LoopObject* self = as_loop(object);
  if (count != 3) {
    PyErr_SetString(PyExc_TypeError, "a kind, a protocol and a descriptor are required");
    return nullptr;
  }
  const long kind = PyLong_AsLong(args[0]);
  const long fd = PyLong_AsLong(args[2]);
  if (PyErr_Occurred() != nullptr)
    return nullptr;
  tracer::Recorder& recorder = native(self).recorder();
  const tracer::NameId name =
      recorder.on() ? self->state->names.method(recorder, args[1], runtime().connection_made) : tracer::kNoName;
  return PyLong_FromUnsignedLongLong(
      recorder.handle_opened(static_cast<HandleKind>(kind), name, static_cast<int>(fd)));
}

PyObject* close_handle(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "a kind and a handle's id are required");
    return nullptr;
  }
  const long kind = PyLong_AsLong(args[0]);
  const auto id = PyLong_AsUnsignedLongLong(args[1]);
  if (PyErr_Occurred() != nullptr)
    return nullptr;
  native(as_loop(object)).recorder().handle_closed(static_cast<HandleKind>(kind), id);
  Py_RETURN_NONE;
}

PyObject* count_bytes(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  if (count != 3) {
    PyErr_SetString(PyExc_TypeError, "a handle's id, bytes read and bytes written are required");
    return nullptr;
  }
  const auto id = PyLong_AsUnsignedLongLong(args[0]);
  const Py_ssize_t read = PyLong_AsSsize_t(args[1]);
  const Py_ssize_t written = PyLong_AsSsize_t(args[2]);
  if (PyErr_Occurred() != nullptr)
    return nullptr;
  tracer::Recorder& recorder = native(as_loop(object)).recorder();
  if (read >= 0)
    recorder.bytes_read(id, static_cast<std::uint64_t>(read));
  if (written >= 0)
    recorder.bytes_written(id, static_cast<std::uint64_t>(written));
  Py_RETURN_NONE;
}

PyObject* in_span(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  LoopObject* self = as_loop(object);
  Span span{};
  if (!parse(self, args, count, span))
    return nullptr;
  const PyRef kept = PyRef::borrow(object);  // the callable may let go of the loop
  tracer::Recorder& recorder = native(self).recorder();
  const loop::Callback* cause = self->state->cause;
  recorder.work_begins();
  recorder.callback_begin(span.kind, span.name, cause != nullptr ? cause->ready() : 0, false, span.handle_id);
  PyObject* result = PyObject_Vectorcall(args[3], args + 4, static_cast<std::size_t>(count - 4), nullptr);
  recorder.callback_end();
  return result;
}

PyObject* soon_in_span(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  LoopObject* self = as_loop(object);
  Span span{};
  if (!parse(self, args, count, span) || !check_open(self))
    return nullptr;
  HandleParts parts{self, args[3], args + 4, count - 4};
  parts.kind = span.kind;
  parts.named = span.name;
  parts.object_id = span.handle_id;
  HandleObject* handle = new_handle(parts);
  if (handle == nullptr)
    return nullptr;
  native(self).call_soon(handle->work);
  Py_RETURN_NONE;
}

}  // namespace loopscope::bindings

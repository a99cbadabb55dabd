#include "bindings/naming/protocol_calls.h"

#include "bindings/kit/runtime.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

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

}  // namespace loopscope::bindings

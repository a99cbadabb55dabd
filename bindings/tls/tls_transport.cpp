#include "bindings/tls/tls_object.h"

#include <structmember.h>

#include <cstddef>

#include "bindings/kit/runtime.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

namespace {

/// The native half of the transport that the application writes to.
struct TlsTransportObject {
  PyObject_HEAD PyObject* base_slots[6];  ///< of asyncio.transports._FlowControlMixin, unused
  PyObject* loop;
  PyObject* ssl_protocol;
  char closed;
  char native;  ///< ssl_protocol is one of ours
};

PyTypeObject* tls_protocol_type = nullptr;

TlsTransportObject* as_transport(PyObject* object) {
  return reinterpret_cast<TlsTransportObject*>(object);
}

PyObject* write(PyObject* object, PyObject* data) {
  if (!PyBytes_Check(data) && !PyByteArray_Check(data) && !PyMemoryView_Check(data)) {
    const PyRef name =
        PyRef::steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(data)), "__name__"));
    if (name)
      PyErr_Format(PyExc_TypeError, "data: expecting a bytes-like instance, got %U", name.get());
    return nullptr;
  }
  const int truth = PyObject_IsTrue(data);
  if (truth < 0)
    return nullptr;
  if (truth == 0)
    Py_RETURN_NONE;
  PyObject* protocol = as_transport(object)->ssl_protocol;
  if (as_transport(object)->native != 0)
    return write_one(as_tls(protocol), data);
  return PyObject_CallMethod(protocol != nullptr ? protocol : Py_None, "_write_appdata", "((O))", data);
}

PyObject* py_write(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* data = one_argument("write", "data", args, count, keywords);
  return data != nullptr ? write(object, data) : nullptr;
}

PyObject* is_closing(PyObject* object, PyObject*) {
  TlsTransportObject* self = as_transport(object);
  if (self->closed != 0 || !tls_runtime().asks_transport)
    return PyBool_FromLong(self->closed);
  if (self->native == 0)
    return PyObject_CallMethodNoArgs(self->ssl_protocol != nullptr ? self->ssl_protocol : Py_None,
                                     tls_runtime().is_transport_closing);
  PyObject* below = as_tls(self->ssl_protocol)->transport;
  if (below == nullptr || below == Py_None)
    Py_RETURN_FALSE;
  return PyObject_CallMethodNoArgs(below, tls_runtime().is_closing);
}

PyObject* get_protocol(PyObject* object, void*) {
  return or_none(as_transport(object)->ssl_protocol);
}
int set_protocol(PyObject* object, PyObject* value, void*) {
  TlsTransportObject* self = as_transport(object);
  self->native = static_cast<char>(value != nullptr && PyObject_TypeCheck(value, tls_protocol_type));
  assign(self->ssl_protocol, value);
  return 0;
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(as_transport(object)->loop);
  Py_VISIT(as_transport(object)->ssl_protocol);
  return 0;
}

int clear_references(PyObject* object) {
  as_transport(object)->native = 0;
  clear(as_transport(object)->loop);
  clear(as_transport(object)->ssl_protocol);
  return 0;
}

void dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  clear_references(object);
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"write", method<py_write>(), METH_FASTCALL | METH_KEYWORDS,
     "write($self, data)\n--\n\nEncrypt data and send it: at once what the kernel takes, the rest when it can."},
    {"is_closing", method<is_closing>(), METH_NOARGS,
     "is_closing($self)\n--\n\nTrue if the connection is closed or about to be."},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef members[] = {
    {"_loop", T_OBJECT_EX, offsetof(TlsTransportObject, loop), 0, nullptr},
    {"_closed", T_BOOL, offsetof(TlsTransportObject, closed), 0, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"_ssl_protocol", get_protocol, set_protocol, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

bool add_tls_transport_type(PyObject* module, PyTypeObject* protocol_type) {
  tls_protocol_type = protocol_type;
  PyType_Slot slots[] = {
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
      {Py_tp_methods, methods},
      {Py_tp_members, members},
      {Py_tp_getset, properties},
      {Py_tp_doc, const_cast<char*>("The native half of the transport that applications see on TLS.")},
      {0, nullptr},
  };
  PyType_Spec spec = {"loopscope._native.TlsTransportBase", sizeof(TlsTransportObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  PyTypeObject* type = make_heap_type(spec, runtime().transport_type, offsetof(TlsTransportObject, loop));
  return type != nullptr && PyModule_AddType(module, type) == 0;
}

}  // namespace loopscope::bindings

/// loop.sock_recv and its like: functions that answer a SockCallObject, or asyncio's own coroutine.
///
/// To all who ask it is asyncio's coroutine function: inspect and mock see its code, its signature, its name. It makes the
/// call itself if that is plain: a socket.socket that nobody has replaced a method of, without a timeout, arguments
/// that leave nothing to decide, and no debug mode. Everything else, errors included, is asyncio's own code's.

#include <Python.h>
#include <structmember.h>

#include <cstddef>
#include <cstring>

#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/socket_address.h"
#include "bindings/kit/type_kit.h"
#include "bindings/sock/sock_call.h"

namespace loopscope::bindings {

namespace {

struct SockMethodObject {
  PyObject_HEAD vectorcallfunc vectorcall;
  PyObject* function;     ///< asyncio's own
  PyObject* socket_name;  ///< of the socket's method, interned
  const SockOp* op;
};

SockMethodObject* as_method_object(PyObject* object) {
  return reinterpret_cast<SockMethodObject*>(object);
}

/// What the socket module's C type is asked for, without the detour through socket.socket's properties.
struct SocketFacts {
  PyTypeObject* c_type = nullptr;  ///< _socket.socket; null if this Python's is not as expected
  PyCFunction fileno = nullptr;
  PyCFunction gettimeout = nullptr;
  PyObject* family = nullptr;
  PyObject* type = nullptr;
  PyObject* proto = nullptr;
  PyObject* accept = nullptr;  ///< socket.socket's
};

PyCFunction no_argument_method(PyTypeObject* type, const char* name) {
  const PyRef descriptor = PyRef::steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), name));
  if (!descriptor || Py_TYPE(descriptor.get()) != &PyMethodDescr_Type)
    return nullptr;
  const PyMethodDef* method = reinterpret_cast<PyMethodDescrObject*>(descriptor.get())->d_method;
  return method->ml_flags == METH_NOARGS ? method->ml_meth : nullptr;
}

SocketFacts load_socket_facts() {
  SocketFacts facts;
  const PyRef module = PyRef::steal(PyImport_ImportModule("_socket"));
  const PyRef type = PyRef::steal(module ? PyObject_GetAttrString(module.get(), "socket") : nullptr);
  if (type && PyType_Check(type.get()) &&
      PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(runtime().socket_type),
                       reinterpret_cast<PyTypeObject*>(type.get())) != 0) {
    auto* c_type = reinterpret_cast<PyTypeObject*>(type.get());
    facts.fileno = no_argument_method(c_type, "fileno");
    facts.gettimeout = no_argument_method(c_type, "gettimeout");
    facts.family = PyObject_GetAttrString(type.get(), "family");
    facts.type = PyObject_GetAttrString(type.get(), "type");
    facts.proto = PyObject_GetAttrString(type.get(), "proto");
    facts.accept = PyObject_GetAttrString(runtime().socket_type, "accept");
    if (facts.fileno != nullptr && facts.gettimeout != nullptr && facts.family != nullptr &&
        facts.type != nullptr && facts.proto != nullptr && facts.accept != nullptr)
      facts.c_type = reinterpret_cast<PyTypeObject*>(PyRef(type).release());
  }
  PyErr_Clear();
  return facts;
}

const SocketFacts& socket_facts() {
  static const SocketFacts facts = load_socket_facts();
  return facts;
}

/// A number that the socket module's C type knows of `sock`; -1 if it does not tell.
int number_of(PyObject* sock, PyObject* descriptor) {
  const descrgetfunc get = Py_TYPE(descriptor)->tp_descr_get;
  const PyRef number =
      PyRef::steal(get != nullptr ? get(descriptor, sock, reinterpret_cast<PyObject*>(Py_TYPE(sock))) : nullptr);
  const long value = number && PyLong_Check(number.get()) ? PyLong_AsLong(number.get()) : -1;
  PyErr_Clear();
  return static_cast<int>(value);
}

/// True if the socket is one of Python's own, with the method that `op` plays the part of, and never waits.
bool is_plain_socket(PyObject* sock, PyObject* method_name) {
  const SocketFacts& facts = socket_facts();
  auto* type = reinterpret_cast<PyTypeObject*>(runtime().socket_type);
  if (facts.c_type == nullptr || Py_TYPE(sock) != type)
    return false;
  PyObject* method = _PyType_Lookup(type, method_name);
  if (method != facts.accept && method != _PyType_Lookup(facts.c_type, method_name))
    return false;
  const PyRef timeout = PyRef::steal(facts.gettimeout(sock, nullptr));
  if (!timeout)
    PyErr_Clear();
  return timeout && PyFloat_CheckExact(timeout.get()) && PyFloat_AS_DOUBLE(timeout.get()) == 0.0;
}

bool read_facts(SockCallObject* call) {
  const SocketFacts& facts = socket_facts();
  call->family = number_of(call->sock, facts.family);
  call->type = number_of(call->sock, facts.type);
  call->proto = number_of(call->sock, facts.proto);
  return known_family(call->family);
}

/// Null, without an exception, if the call is not plain.
SockCallObject* plain_call(SockMethodObject* self, PyObject* const* args, Py_ssize_t count) {
  const SockOp& op = *self->op;
  if (count < 2 + op.least || count > 2 + op.most || !is_loop(args[0]) || as_loop(args[0])->debug != 0 ||
      !is_plain_socket(args[1], self->socket_name))
    return nullptr;
  SockCallObject* call = new_sock_call(as_loop(args[0]), op, self->function, args[1]);
  if (call == nullptr)
    return nullptr;
  if ((!op.knows_family || read_facts(call)) && op.accept(call, args + 2, count - 2)) {
    call->state = SockState::fresh;
    return call;
  }
  Py_DECREF(call);
  return nullptr;
}

PyObject* call_method(PyObject* object, PyObject* const* args, std::size_t flagged_count, PyObject* keywords) {
  SockMethodObject* self = as_method_object(object);
  if (keywords == nullptr) {
    if (SockCallObject* call = plain_call(self, args, PyVectorcall_NARGS(flagged_count)))
      return reinterpret_cast<PyObject*>(call);
    if (PyErr_Occurred() != nullptr)
      return nullptr;
  }
  return PyObject_Vectorcall(self->function, args, flagged_count, keywords);
}

PyObject* make(PyTypeObject* type, PyObject* args, PyObject* keywords) {
  PyObject* function = nullptr;
  if (keywords != nullptr || !PyArg_ParseTuple(args, "O", &function))
    return keywords != nullptr ? PyErr_Format(PyExc_TypeError, "SockMethod takes no keywords") : nullptr;
  const PyRef name = PyRef::steal(PyObject_GetAttrString(function, "__name__"));
  const char* text = name ? PyUnicode_AsUTF8(name.get()) : nullptr;
  const SockOp* op = text != nullptr ? find_sock_op(text) : nullptr;
  if (op == nullptr)
    return PyErr_Occurred() != nullptr
               ? nullptr
               : PyErr_Format(PyExc_ValueError, "there is no native form of %S()", name.get());
  auto* self = reinterpret_cast<SockMethodObject*>(type->tp_alloc(type, 0));
  if (self == nullptr)
    return nullptr;
  self->vectorcall = Guarded<call_method>::call;
  assign(self->function, function);
  self->op = op;
  self->socket_name = PyUnicode_InternFromString(op->method);
  if (self->socket_name == nullptr)
    Py_CLEAR(self);
  return reinterpret_cast<PyObject*>(self);
}

PyObject* bind(PyObject* object, PyObject* instance, PyObject*) {
  if (instance != nullptr && instance != Py_None)
    return PyMethod_New(object, instance);
  Py_INCREF(object);
  return object;
}

/// What it does not have itself it has from asyncio's function: __code__, __name__, __wrapped__'s signature.
PyObject* get_attribute(PyObject* object, PyObject* name) {
  PyObject* found = PyObject_GenericGetAttr(object, name);
  if (found != nullptr || PyErr_ExceptionMatches(PyExc_AttributeError) == 0)
    return found;
  PyErr_Clear();
  return PyObject_GetAttr(as_method_object(object)->function, name);
}

PyObject* get_of_function(PyObject* object, void* attribute) {
  return PyObject_GetAttrString(as_method_object(object)->function, static_cast<const char*>(attribute));
}

#if PY_VERSION_HEX < 0x030A0000
/// inspect.iscoroutinefunction() of Python 3.9 looks at the code of nothing but functions.
PyObject* get_class(PyObject*, void*) {
  return or_none(reinterpret_cast<PyObject*>(&PyFunction_Type));
}
#endif

PyObject* represent(PyObject* object) {
  return PyObject_Repr(as_method_object(object)->function);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(as_method_object(object)->function);
  return 0;
}

int clear_references(PyObject* object) {
  clear(as_method_object(object)->function);
  clear(as_method_object(object)->socket_name);
  return 0;
}

void dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  clear_references(object);
  type->tp_free(object);
  Py_DECREF(type);
}

PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(SockMethodObject, vectorcall), READONLY, nullptr},
    {"__wrapped__", T_OBJECT, offsetof(SockMethodObject, function), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

char doc_attribute[] = "__doc__";
char module_attribute[] = "__module__";
PyGetSetDef properties[] = {
    {"__doc__", get_of_function, nullptr, nullptr, doc_attribute},
    {"__module__", get_of_function, nullptr, nullptr, module_attribute},
#if PY_VERSION_HEX < 0x030A0000
    {"__class__", get_class, nullptr, nullptr, nullptr},
#endif
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

int sock_descriptor(PyObject* sock) {
  const PyRef fd = PyRef::steal(socket_facts().fileno(sock, nullptr));
  const long value = fd ? PyLong_AsLong(fd.get()) : -1;
  PyErr_Clear();
  return static_cast<int>(value);
}

bool add_sock_method_type(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_new, reinterpret_cast<void*>(make)},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
      {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
      {Py_tp_descr_get, reinterpret_cast<void*>(bind)},
      {Py_tp_getattro, reinterpret_cast<void*>(get_attribute)},
      {Py_tp_repr, reinterpret_cast<void*>(represent)},
      {Py_tp_members, members},
      {Py_tp_getset, properties},
      {0, nullptr},
  };
  PyType_Spec spec = {
      "loopscope._native.SockMethod", sizeof(SockMethodObject), 0,
      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR, slots};
  const PyRef type = PyRef::steal(PyType_FromSpec(&spec));
  const PyRef names = PyRef::steal(sock_op_names());
  return type && names && PyObject_SetAttrString(type.get(), "names", names.get()) == 0 &&
         PyModule_AddType(module, reinterpret_cast<PyTypeObject*>(type.get())) == 0;
}

}  // namespace loopscope::bindings

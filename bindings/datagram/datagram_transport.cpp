#include "bindings/datagram/datagram_transport.h"

#include <Python.h>
#include <structmember.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "bindings/datagram/datagram_object.h"
#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/object_fields.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

// -- calling the protocol ------------------------------------------------------------------------------------------------

PyRef call_protocol(DatagramObject* self, CallbackKind kind, PyObject* method, PyObject* first, PyObject* second,
                    const loop::Callback* cause) {
  const PyRef protocol = PyRef::borrow(self->protocol);
  const ProtocolSpan span({self->loop, protocol.get(), method, kind, socket_of(self).handle_id(), cause});
  PyObject* stack[] = {protocol.get(), first, second};
  const std::size_t count = first == nullptr ? 1 : second == nullptr ? 2 : 3;
  return PyRef::steal(PyObject_VectorcallMethod(method, stack, count | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr));
}

namespace {

/// Forgets the descriptor and lets go of everything but the facts. datagram.py's _finish() closes the socket.
PyObject* detach(PyObject* object, PyObject*) {
  DatagramObject* self = as_datagram(object);
  if (self->parts != nullptr && self->loop != nullptr) {
    parts_of(self).drop_unsent();
    socket_of(self).detach();
  }
  let_go(self);
  Py_RETURN_NONE;
}

// -- what Python sees ------------------------------------------------------------------------------------------------------

/// After connection_made(): begin to receive, then tell create_datagram_endpoint().
void start(TransportBase* base) {
  DatagramObject* self = as_datagram(as_object(base));
  if (self->loop == nullptr)
    return;
  if (self->closing == 0 && self->paused == 0 && !start_receiving(self))
    fatal(self, self->loop, "Fatal read error on datagram transport");
  tell_waiter(self);
}

bool use_protocol(DatagramObject* self, PyObject* protocol) {
  assign(self->protocol, protocol);
  self->protocol_connected = 1;
  return true;
}

/// `name` as getpeername() told it, or None. False with an exception set.
bool know_peer(DatagramObject* self, PyObject* name) {
  const int named = PyObject_IsTrue(name);
  self->peer = name == Py_None ? Peer::none : named > 0 ? Peer::named : Peer::unnamed;
  return named >= 0;
}

/// _attach(loop, sock, fd, family, protocol, address, waiter, extra, peername, header_bytes, sends_empty)
PyObject* attach(PyObject* object, PyObject* args) {
  DatagramObject* self = as_datagram(object);
  PyObject *loop = nullptr, *sock = nullptr, *protocol = nullptr, *address = nullptr, *waiter = nullptr,
           *extra = nullptr, *peername = nullptr;
  int fd = -1, family = 0, sends_empty = 0;
  Py_ssize_t header_bytes = 0;
  if (!PyArg_ParseTuple(args, "OOiiOOOOOnp", &loop, &sock, &fd, &family, &protocol, &address, &waiter, &extra,
                        &peername, &header_bytes, &sends_empty))
    return nullptr;
  if (!is_loop(loop) || self->parts != nullptr) {
    PyErr_SetString(PyExc_TypeError, "a transport is attached once, to a loopscope loop");
    return nullptr;
  }
  if (!check_open(reinterpret_cast<LoopObject*>(loop)))
    return nullptr;
  Py_INCREF(loop);
  self->loop = reinterpret_cast<LoopObject*>(loop);
  assign(self->sock, sock);
  assign(self->extra, extra);
  const int fixed = PyObject_IsTrue(address);
  if (fixed < 0 || !know_peer(self, peername) || !renew_context(self, self->read_context))
    return nullptr;
  assign(self->address, fixed != 0 ? address : nullptr);
  assign(self->waiter, waiter != Py_None ? waiter : nullptr);
  self->fd = fd;
  self->family = family;
  self->header_bytes = header_bytes;
  self->sends_empty = static_cast<char>(sends_empty);
  self->high_water = 64 * 1024;
  self->low_water = self->high_water / 4;
  self->parts = new DatagramParts(self);
  use_protocol(self, protocol);
  tracer::Recorder& recorder = self->loop->state->loop.recorder();
  tracer::NameId name = tracer::kNoName;
  if (recorder.on())
    name = self->loop->state->trace.names.method(recorder, protocol, runtime().connection_made);
  socket_of(self).opened(name);
  const PyRef made = PyRef::steal(PyObject_GetAttr(protocol, runtime().connection_made));
  if (!made || !schedule(self, made.get(), object, CallbackKind::connection_made, runtime().connection_made))
    return nullptr;
  Py_INCREF(self);
  self->loop->state->loop.call_soon(self->parts->on_start);
  Py_RETURN_NONE;
}

PyObject* py_set_protocol(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* protocol = one_argument("set_protocol", "protocol", args, count, keywords);
  if (protocol == nullptr || !use_protocol(as_datagram(object), protocol))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_pause(PyObject* object, PyObject*) {
  DatagramObject* self = as_datagram(object);
  self->paused = 1;
  if (self->loop != nullptr && self->parts != nullptr)
    self->parts->stop_receiving();
  Py_RETURN_NONE;
}
PyObject* py_resume(PyObject* object, PyObject*) {
  DatagramObject* self = as_datagram(object);
  self->paused = 0;
  if (self->loop != nullptr && self->parts != nullptr && !start_receiving(self))
    return nullptr;
  Py_RETURN_NONE;
}

// -- the type --------------------------------------------------------------------------------------------------------------

int traverse(PyObject* object, visitproc visit, void* arg) {
  DatagramObject* self = as_datagram(object);
  Py_VISIT(self->address);
  if (const int stop = visit_references(self, visit, arg))
    return stop;
  if (self->parts == nullptr)
    return 0;
  for (const DatagramParts::Waiting& waiting : parts_of(self).queue) Py_VISIT(waiting.to.get());
  return parts_of(self).addresses.traverse(visit, arg);
}

int clear_references(PyObject* object) {
  DatagramObject* self = as_datagram(object);
  clear(self->attributes);
  clear(self->extra);
  clear(self->waiter);
  clear(self->address);
  const PyRef nothing = PyRef::steal(detach(object, nullptr));
  return 0;
}

void dealloc(PyObject* object) {
  DatagramObject* self = as_datagram(object);
  PyTypeObject* type = Py_TYPE(object);
  if (PyObject_CallFinalizerFromDealloc(object) != 0)
    return;
  PyObject_GC_UnTrack(object);
  if (self->weak_references != nullptr)
    PyObject_ClearWeakRefs(object);
  clear_references(object);
  delete std::exchange(self->parts, nullptr);
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"_attach", method<attach>(), METH_VARARGS, nullptr},
    {"_detach", method<detach>(), METH_NOARGS, nullptr},
    {"_pause", method<py_pause>(), METH_NOARGS, nullptr},
    {"_resume", method<py_resume>(), METH_NOARGS, nullptr},
    {"sendto", method<datagram_sendto>(), METH_FASTCALL | METH_KEYWORDS,
     "sendto($self, data, addr=None)\n--\n\nSend a datagram: at once if the kernel takes it, else when it does."},
    {"close", method<transport_close>(), METH_NOARGS,
     "close($self)\n--\n\nClose the transport once everything is sent."},
    {"abort", method<transport_abort>(), METH_NOARGS,
     "abort($self)\n--\n\nClose the transport now; what is not sent is lost."},
    {"set_protocol", method<py_set_protocol>(), METH_FASTCALL | METH_KEYWORDS,
     "set_protocol($self, protocol)\n--\n\nHand the transport to another protocol."},
    {"get_protocol", method<transport_get_protocol>(), METH_NOARGS,
     "get_protocol($self)\n--\n\nThe transport's protocol."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"_extra", get_object, nullptr, nullptr, at(offsetof(DatagramObject, extra))},
    {"_address", get_object, nullptr, nullptr, at(offsetof(DatagramObject, address))},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

template <void (*kAction)(DatagramObject*)>
void act(TransportBase* self) {
  kAction(static_cast<DatagramObject*>(self));
}

}  // namespace

DatagramParts::DatagramParts(DatagramObject* object)
    : TransportParts(object, start, act<datagram_readable>, CallbackKind::datagram_received,
                     act<datagram_writable>),
      socket(object->loop->state->loop, static_cast<int>(object->fd)) {}

bool add_datagram_transport_type(PyObject* module) {
  static const PyMemberDef end_of_members[] = {{nullptr, 0, 0, 0, nullptr}};
  static auto all_methods = joined(kTransportMethods, methods);
  static auto members = joined(kTransportMembers, end_of_members);
  static auto all_properties = joined(kTransportProperties, properties);
  PyType_Slot slots[] = {
      {Py_tp_new, reinterpret_cast<void*>(new_without_dict)},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
      {Py_tp_methods, all_methods.data()},
      {Py_tp_members, members.data()},
      {Py_tp_getset, all_properties.data()},
      {Py_tp_doc, const_cast<char*>("The native half of loopscope's datagram transport.")},
      {0, nullptr},
  };
  PyType_Spec spec = {"loopscope._native.DatagramTransport", sizeof(DatagramObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  PyTypeObject* type = make_heap_type(spec, runtime().transport_type, offsetof(TransportBase, parts));
  return type != nullptr && PyModule_AddType(module, type) == 0;
}

}  // namespace loopscope::bindings

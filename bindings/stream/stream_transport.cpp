#include "bindings/stream/stream_transport.h"

#include <structmember.h>

#include <cstddef>
#include <utility>

#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/feed.h"
#include "bindings/kit/object_fields.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/transport_table.h"
#include "bindings/kit/type_kit.h"
#include "bindings/stream/stream_object.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

PyTypeObject* stream_transport_type = nullptr;

void release_bytes(void* bytes) {
  Py_DECREF(static_cast<PyObject*>(bytes));
}

/// After connection_made(): begin to read, then tell create_connection().
void start(TransportBase* base) {
  TransportObject* self = as_transport(as_object(base));
  if (self->loop == nullptr)
    return;
  if (self->paused == 0 && self->closing == 0 && !start_reading(self))
    fatal(self, self->loop, "Fatal read error on socket transport");
  tell_waiter(self);
}

bool use_protocol(TransportObject* self, PyObject* protocol) {
  const int buffered = PyObject_IsInstance(protocol, runtime().buffered_protocol);
  if (buffered < 0)
    return false;
  self->buffered = static_cast<char>(buffered);
  self->feed = feed_of(protocol);
  assign(self->protocol, protocol);
  self->protocol_connected = 1;
  if (self->parts == nullptr)
    return true;
  self->parts->on_readable.set_kind(buffered != 0 ? CallbackKind::buffer_updated : CallbackKind::data_received);
  return true;
}

/// What the native half keeps no form of: as asyncio does, at once.
bool tell_all(TransportObject* self, PyObject* sock, PyObject* extra) {
  self->extra = PyObject_CallMethod(as_object(self), "_tell_all", "OO", sock, extra);
  return self->extra != nullptr;
}

/// _attach(loop, sock, fd, protocol, waiter, extra, kind, context): the constructor's native part.
PyObject* attach(PyObject* object, PyObject* args) {
  TransportObject* self = as_transport(object);
  PyObject *loop = nullptr, *sock = nullptr, *protocol = nullptr, *waiter = nullptr, *extra = nullptr,
           *context = nullptr;
  int fd = -1, kind = 0;
  if (!PyArg_ParseTuple(args, "OOiOOOiO", &loop, &sock, &fd, &protocol, &waiter, &extra, &kind, &context))
    return nullptr;
  if (!is_loop(loop) || self->parts != nullptr) {
    PyErr_SetString(PyExc_TypeError, "a transport is attached once, to a loopscope loop");
    return nullptr;
  }
  if (!check_open(reinterpret_cast<LoopObject*>(loop)))
    return nullptr;
  if (context != Py_None && !PyContext_CheckExact(context)) {
    PyErr_Format(PyExc_TypeError, "a transport's context must be a contextvars.Context, not %.100s",
                 Py_TYPE(context)->tp_name);
    return nullptr;
  }
  Py_INCREF(loop);
  self->loop = reinterpret_cast<LoopObject*>(loop);
  assign(self->sock, sock);
  if (!self->facts.note(sock, fd, extra) && !tell_all(self, sock, extra))
    return nullptr;
  if (waiter != Py_None)
    assign(self->waiter, waiter);
  if (context != Py_None)
    assign(self->context, context);
  if (!renew_context(self, self->read_context))
    return nullptr;
  self->fd = fd;
  self->high_water = 64 * 1024;
  self->low_water = self->high_water / 4;
  self->parts = new StreamParts(self, self->loop->state->loop, fd);
  if (!use_protocol(self, protocol))
    return nullptr;
  tracer::Recorder& recorder = self->loop->state->loop.recorder();
  tracer::NameId name = tracer::kNoName;
  if (recorder.on()) {
    PyObject* named_after = self->feed != nullptr ? self->feed->users_protocol(protocol) : protocol;
    name = self->loop->state->trace.names.method(recorder, named_after, runtime().connection_made);
  }
  stream_of(self).opened(static_cast<tracer::HandleKind>(kind), name);

  const PyRef made = PyRef::steal(PyObject_GetAttr(protocol, runtime().connection_made));
  if (!made || !schedule(self, made.get(), object, CallbackKind::connection_made, nullptr))
    return nullptr;
  Py_INCREF(self);
  self->loop->state->loop.call_soon(self->parts->on_start);
  table_of(self->loop->state->transports.get()).enter(fd, object);
  Py_RETURN_NONE;
}

PyObject* py_is_reading(PyObject* object, PyObject*) {
  return PyBool_FromLong(as_transport(object)->paused == 0 && as_transport(object)->closing == 0);
}
PyObject* py_pause_reading(PyObject* object, PyObject*) {
  TransportObject* self = as_transport(object);
  if (self->closing != 0 || self->paused != 0 || self->loop == nullptr)
    Py_RETURN_NONE;
  self->paused = 1;
  stream_of(self).stop_reading();
  Py_RETURN_NONE;
}
PyObject* py_resume_reading(PyObject* object, PyObject*) {
  TransportObject* self = as_transport(object);
  if (self->closing != 0 || self->paused == 0 || self->loop == nullptr)
    Py_RETURN_NONE;
  self->paused = 0;
  if (!start_reading(self))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_write(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* data = one_argument("write", "data", args, count, keywords);
  return data != nullptr ? write(object, data) : nullptr;
}
PyObject* py_set_protocol(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* protocol = one_argument("set_protocol", "protocol", args, count, keywords);
  if (protocol == nullptr || !use_protocol(as_transport(object), protocol))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_can_write_eof(PyObject*, PyObject*) {
  Py_RETURN_TRUE;
}

// -- the type ----------------------------------------------------------------------------------------------------------------

int traverse(PyObject* object, visitproc visit, void* arg) {
  TransportObject* self = as_transport(object);
  for (PyObject* held : {self->server, self->empty_waiter, self->facts.held()}) Py_VISIT(held);
  return visit_references(self, visit, arg);
}

int clear_references(PyObject* object) {
  TransportObject* self = as_transport(object);
  clear(self->attributes);
  clear(self->extra);
  self->facts.clear();
  clear(self->waiter);
  clear(self->empty_waiter);
  const PyRef nothing = PyRef::steal(detach(object, nullptr));
  return 0;
}

void dealloc(PyObject* object) {
  TransportObject* self = as_transport(object);
  PyTypeObject* type = Py_TYPE(object);
  if (PyObject_CallFinalizerFromDealloc(object) != 0)
    return;
  PyObject_GC_UnTrack(object);
  leave_table(self);  // before what is told of its end can look for it
  if (self->weak_references != nullptr)
    PyObject_ClearWeakRefs(object);
  clear_references(object);
  delete std::exchange(self->parts, nullptr);
  type->tp_free(object);
  Py_DECREF(type);
}

PyObject* get_extra(PyObject* object, void*) {
  TransportObject* self = as_transport(object);
  if (self->extra == nullptr && self->facts.noted()) {
    PyRef told = PyRef::steal(self->facts.told());
    if (!told)
      return nullptr;
    if (self->extra == nullptr)  // else another thread asked meanwhile
      self->extra = told.release();
  }
  return or_none(self->extra);
}

/// What a program has put in the place of asyncio's get_extra_info(), as tests do that patch asyncio.Transport. Null if nothing;
/// a new reference.
PyRef patched_get_extra_info(PyObject* object) {
  auto* const inherited = reinterpret_cast<PyTypeObject*>(runtime().transport_type);
  PyObject* const found = _PyType_Lookup(inherited, runtime().get_extra_info);
  if (found == nullptr || found == runtime().base_get_extra_info)
    return {};
  const auto bind = Py_TYPE(found)->tp_descr_get;
  return bind == nullptr ? PyRef::borrow(found)
                         : PyRef::steal(bind(found, object, reinterpret_cast<PyObject*>(Py_TYPE(object))));
}

PyObject* get_extra_info(PyObject* object, PyObject* args, PyObject* keywords) {
  if (const PyRef patched = patched_get_extra_info(object))
    return PyObject_Call(patched.get(), args, keywords);
  static const char* names[] = {"name", "default", nullptr};
  PyObject *name = nullptr, *fallback = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, keywords, "O|O:get_extra_info", const_cast<char**>(names), &name,
                                   &fallback))
    return nullptr;
  const PyRef extra = PyRef::steal(get_extra(object, nullptr));
  if (!extra || !PyDict_Check(extra.get()))
    return extra ? PyObject_CallMethod(extra.get(), "get", "OO", name, fallback) : nullptr;
  PyObject* found = PyDict_GetItemWithError(extra.get(), name);
  if (found == nullptr && PyErr_Occurred() != nullptr)
    return nullptr;
  return or_none(found != nullptr ? found : fallback);
}

PyMethodDef methods[] = {
    {"_attach", method<attach>(), METH_VARARGS, nullptr},
    {"_detach", method<detach>(), METH_NOARGS, nullptr},
    {"get_extra_info", method<get_extra_info>(), METH_VARARGS | METH_KEYWORDS,
     "get_extra_info($self, name, default=None)\n--\n\nWhat is known of the connection: peername, sockname, "
     "socket, ..."},
    {"write", method<py_write>(), METH_FASTCALL | METH_KEYWORDS,
     "write($self, data)\n--\n\nSend data: at once what the kernel takes, the rest when it can."},
    {"write_eof", method<write_eof>(), METH_NOARGS,
     "write_eof($self)\n--\n\nClose the writing side once everything is sent."},
    {"can_write_eof", method<py_can_write_eof>(), METH_NOARGS, "can_write_eof($self)\n--\n\nTrue: sockets can."},
    {"close", method<transport_close>(), METH_NOARGS,
     "close($self)\n--\n\nClose the connection once everything is sent."},
    {"abort", method<transport_abort>(), METH_NOARGS,
     "abort($self)\n--\n\nClose the connection now; what is not sent is lost."},
    {"is_reading", method<py_is_reading>(), METH_NOARGS,
     "is_reading($self)\n--\n\nTrue if data is being received."},
    {"pause_reading", method<py_pause_reading>(), METH_NOARGS,
     "pause_reading($self)\n--\n\nReceive nothing until resume_reading()."},
    {"resume_reading", method<py_resume_reading>(), METH_NOARGS, "resume_reading($self)\n--\n\nReceive again."},
    {"set_protocol", method<py_set_protocol>(), METH_FASTCALL | METH_KEYWORDS,
     "set_protocol($self, protocol)\n--\n\nHand the connection to another protocol."},
    {"get_protocol", method<transport_get_protocol>(), METH_NOARGS,
     "get_protocol($self)\n--\n\nThe connection's protocol."},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef members[] = {
    {"_eof", T_BOOL, offsetof(TransportObject, eof), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"_extra", get_extra, set_object, nullptr, at(offsetof(TransportObject, extra))},
    {"_context", get_object, nullptr, nullptr, at(offsetof(TransportObject, context))},
    {"_server", get_object, set_object, nullptr, at(offsetof(TransportObject, server))},
    {"_empty_waiter", get_object, set_object, nullptr, at(offsetof(TransportObject, empty_waiter))},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

template <void (*kAction)(TransportObject*)>
void act(TransportBase* self) {
  kAction(static_cast<TransportObject*>(self));
}

}  // namespace

StreamParts::StreamParts(TransportObject* owner, loop::Loop& loop, int fd)
    : TransportParts(owner, start, act<read_ready>, CallbackKind::data_received, act<write_ready>),
      stream(loop, fd, release_bytes) {}

ProtocolSpan::Call span_of(TransportObject* self, CallbackKind kind, PyObject* method,
                           const loop::Callback* cause) {
  return {self->loop, self->protocol, method, kind, stream_of(self).handle_id(), cause};
}

bool is_stream_transport(PyObject* object) {
  return object != nullptr && PyObject_TypeCheck(object, stream_transport_type);
}

bool add_stream_transport_type(PyObject* module) {
  static auto all_methods = joined(kTransportMethods, methods);
  static auto all_members = joined(kTransportMembers, members);
  static auto all_properties = joined(kTransportProperties, properties);
  PyType_Slot slots[] = {
      {Py_tp_new, reinterpret_cast<void*>(new_without_dict)},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
      {Py_tp_methods, all_methods.data()},
      {Py_tp_members, all_members.data()},
      {Py_tp_getset, all_properties.data()},
      {Py_tp_doc, const_cast<char*>("The native half of loopscope's socket transport.")},
      {0, nullptr},
  };
  PyType_Spec spec = {"loopscope._native.StreamTransport", sizeof(TransportObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  stream_transport_type = make_heap_type(spec, runtime().transport_type, offsetof(TransportBase, parts));
  return stream_transport_type != nullptr && PyModule_AddType(module, stream_transport_type) == 0;
}

}  // namespace loopscope::bindings

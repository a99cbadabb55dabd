#include "bindings/datagram/datagram_transport.h"

#include <Python.h>
#include <structmember.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "bindings/datagram/datagram_object.h"
#include "bindings/eventloop/handle.h"
#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/type_kit.h"
#include "bindings/kit/water_marks.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

// -- calling the protocol ------------------------------------------------------------------------------------------------

PyRef call_protocol(DatagramObject* self, CallbackKind kind, PyObject* method, PyObject* first, PyObject* second,
                    const loop::Callback* cause) {
  const PyRef protocol = PyRef::borrow(self->protocol);
  const ProtocolSpan span({self->loop, protocol.get(), method, kind, self->handle_id, cause});
  PyObject* stack[] = {protocol.get(), first, second};
  const std::size_t count = first == nullptr ? 1 : second == nullptr ? 2 : 3;
  return PyRef::steal(PyObject_VectorcallMethod(method, stack, count | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr));
}

void report_raised(LoopObject* loop, DatagramObject* self, PyObject* method) {
  if (is_exit_exception()) {
    exit_loop(loop);
    return;
  }
  const PyRef exception = take_exception();
  const PyRef message = PyRef::steal(PyUnicode_FromFormat("Exception in callback %U()", method));
  report_exception(loop, Py_BuildValue("{sOsOsO}", "message", message.get(), "exception", exception.get(),
                                       "transport", as_object(self)));
}

bool fatal(DatagramObject* self, const char* message) {
  const PyRef exception = take_exception();
  const PyRef text = PyRef::steal(PyUnicode_FromString(message));
  const PyRef done = PyRef::steal(
      PyObject_CallMethodObjArgs(as_object(self), runtime().fatal_error, exception.get(), text.get(), nullptr));
  return static_cast<bool>(done);
}

namespace {

// -- closing -------------------------------------------------------------------------------------------------------------

bool schedule(DatagramObject* self, PyObject* callback, PyObject* argument, CallbackKind kind, PyObject* method) {
  if (!check_open(self->loop))
    return false;
  HandleParts parts{self->loop, callback, &argument, 1};
  parts.kind = kind;
  parts.object_id = self->handle_id;
  tracer::Recorder& recorder = loop_of(self).recorder();
  if (recorder.on() && self->protocol != nullptr)
    parts.named = self->loop->state->names.method(recorder, self->protocol, method);
  HandleObject* handle = new_handle(parts);
  if (handle == nullptr)
    return false;
  loop_of(self).call_soon(handle->work);
  return true;
}

bool schedule_connection_lost(DatagramObject* self, PyObject* exception) {
  ++self->connection_lost_count;
  const PyRef callback = PyRef::steal(PyObject_GetAttrString(as_object(self), "_call_connection_lost"));
  return callback &&
         schedule(self, callback.get(), exception, CallbackKind::connection_lost, runtime().connection_lost);
}

bool force_close(DatagramObject* self, PyObject* exception) {
  if (self->connection_lost_count > 0 || self->loop == nullptr)
    return true;
  if (!self->parts->queue.empty()) {
    self->parts->queue.clear();
    stop_sending(self);
  }
  if (self->closing == 0) {
    self->closing = 1;
    stop_receiving(self);
  }
  return schedule_connection_lost(self, exception);
}

bool close_transport(DatagramObject* self) {
  if (self->closing != 0 || self->loop == nullptr)
    return true;
  self->closing = 1;
  stop_receiving(self);
  if (!self->parts->queue.empty())
    return true;
  stop_sending(self);
  return schedule_connection_lost(self, Py_None);
}

/// Forgets the descriptor and lets go of everything but the facts. datagram.py's _finish() closes the socket.
PyObject* detach(PyObject* object, PyObject*) {
  DatagramObject* self = as_datagram(object);
  if (self->parts != nullptr && self->loop != nullptr) {
    self->parts->queue.clear();
    loop_of(self).watchers().forget(static_cast<int>(self->fd));
    loop_of(self).recorder().handle_closed(tracer::HandleKind::udp, std::exchange(self->handle_id, 0));
  }
  clear(self->sock);
  clear(self->protocol);
  clear(self->read_context);
  clear(self->write_context);
  Py_CLEAR(self->loop);
  Py_RETURN_NONE;
}

}  // namespace

void stop_sending(DatagramObject* self) {
  if (loop::FdWatcher* watcher = loop_of(self).watchers().find(static_cast<int>(self->fd)))
    watcher->set_writer(nullptr);
}

/// As _SelectorTransport._call_connection_lost: whatever the protocol does, the socket is closed.
PyObject* datagram_connection_lost(PyObject* object, PyObject* exception) {
  DatagramObject* self = as_datagram(object);
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

namespace {

// -- what Python sees ------------------------------------------------------------------------------------------------------

/// After connection_made(): begin to receive, then tell create_datagram_endpoint().
void start(DatagramObject* self) {
  if (self->loop == nullptr)
    return;
  if (self->closing == 0 && self->paused == 0 && !start_receiving(self) &&
      !fatal(self, "Fatal read error on datagram transport"))
    PyErr_WriteUnraisable(as_object(self));
  if (self->waiter == nullptr)
    return;
  const PyRef waiter = PyRef::steal(std::exchange(self->waiter, nullptr));
  const PyRef done = PyRef::steal(
      PyObject_CallFunctionObjArgs(runtime().set_result_unless_cancelled, waiter.get(), Py_None, nullptr));
  if (!done)
    PyErr_WriteUnraisable(as_object(self));
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
  if (fixed < 0 || !know_peer(self, peername) || (self->read_context = PyContext_CopyCurrent()) == nullptr)
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
  tracer::Recorder& recorder = loop_of(self).recorder();
  tracer::NameId name = tracer::kNoName;
  if (recorder.on())
    name = self->loop->state->names.method(recorder, protocol, runtime().connection_made);
  self->handle_id = recorder.handle_opened(tracer::HandleKind::udp, name, fd);
  const PyRef made = PyRef::steal(PyObject_GetAttr(protocol, runtime().connection_made));
  if (!made || !schedule(self, made.get(), object, CallbackKind::connection_made, runtime().connection_made))
    return nullptr;
  Py_INCREF(self);
  loop_of(self).call_soon(self->parts->on_start);
  Py_RETURN_NONE;
}

PyObject* py_force_close(PyObject* object, PyObject* exception) {
  if (!force_close(as_datagram(object), exception))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_abort(PyObject* object, PyObject*) {
  return py_force_close(object, Py_None);
}
PyObject* py_close(PyObject* object, PyObject*) {
  if (!close_transport(as_datagram(object)))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_is_closing(PyObject* object, PyObject*) {
  return PyBool_FromLong(as_datagram(object)->closing);
}
PyObject* py_set_protocol(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* protocol = one_argument("set_protocol", "protocol", args, count, keywords);
  if (protocol == nullptr || !use_protocol(as_datagram(object), protocol))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_get_protocol(PyObject* object, PyObject*) {
  return or_none(as_datagram(object)->protocol);
}
PyObject* py_buffer_size(PyObject* object, PyObject*) {
  return PyLong_FromSsize_t(as_datagram(object)->buffered_bytes);
}
PyObject* py_pause_if_full(PyObject* object, PyObject*) {
  DatagramObject* self = as_datagram(object);
  if (self->loop != nullptr && self->protocol != nullptr && !pause_protocol_if_full(self))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_pause(PyObject* object, PyObject*) {
  DatagramObject* self = as_datagram(object);
  self->paused = 1;
  if (self->loop != nullptr)
    stop_receiving(self);
  Py_RETURN_NONE;
}
PyObject* py_resume(PyObject* object, PyObject*) {
  DatagramObject* self = as_datagram(object);
  self->paused = 0;
  if (self->loop != nullptr && !start_receiving(self))
    return nullptr;
  Py_RETURN_NONE;
}

// -- the type --------------------------------------------------------------------------------------------------------------

int traverse(PyObject* object, visitproc visit, void* arg) {
  DatagramObject* self = as_datagram(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(reinterpret_cast<PyObject*>(self->loop));
  for (PyObject* held : {self->attributes, self->extra, self->sock, self->protocol, self->address, self->waiter,
                         self->read_context, self->write_context}) {
    Py_VISIT(held);
  }
  if (self->parts == nullptr)
    return 0;
  for (const DatagramParts::Waiting& waiting : self->parts->queue) Py_VISIT(waiting.to.get());
  return self->parts->addresses.traverse(visit, arg);
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

PyObject* get_object(PyObject* object, void* member) {
  return or_none(
      *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + reinterpret_cast<std::size_t>(member)));
}
void* at(std::size_t offset) {
  return reinterpret_cast<void*>(offset);
}

PyMethodDef methods[] = {
    {"_attach", method<attach>(), METH_VARARGS, nullptr},
    {"_detach", method<detach>(), METH_NOARGS, nullptr},
    {"_call_connection_lost", method<datagram_connection_lost>(), METH_O, nullptr},
    {"_force_close", method<py_force_close>(), METH_O, nullptr},
    {"_maybe_pause_protocol", method<py_pause_if_full>(), METH_NOARGS, nullptr},
    {"_pause", method<py_pause>(), METH_NOARGS, nullptr},
    {"_resume", method<py_resume>(), METH_NOARGS, nullptr},
    {"sendto", method<datagram_sendto>(), METH_FASTCALL | METH_KEYWORDS,
     "sendto($self, data, addr=None)\n--\n\nSend a datagram: at once if the kernel takes it, else when it does."},
    {"close", method<py_close>(), METH_NOARGS, "close($self)\n--\n\nClose the transport once everything is sent."},
    {"abort", method<py_abort>(), METH_NOARGS,
     "abort($self)\n--\n\nClose the transport now; what is not sent is lost."},
    {"is_closing", method<py_is_closing>(), METH_NOARGS,
     "is_closing($self)\n--\n\nTrue if the transport is closed or about to be."},
    {"set_protocol", method<py_set_protocol>(), METH_FASTCALL | METH_KEYWORDS,
     "set_protocol($self, protocol)\n--\n\nHand the transport to another protocol."},
    {"get_protocol", method<py_get_protocol>(), METH_NOARGS,
     "get_protocol($self)\n--\n\nThe transport's protocol."},
    {"get_write_buffer_size", method<py_buffer_size>(), METH_NOARGS,
     "get_write_buffer_size($self)\n--\n\nBytes that wait to be sent."},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(DatagramObject, weak_references), READONLY, nullptr},
    {"__dictoffset__", T_PYSSIZET, offsetof(DatagramObject, attributes), READONLY, nullptr},
    {"_sock_fd", T_PYSSIZET, offsetof(DatagramObject, fd), READONLY, nullptr},
    {"_conn_lost", T_PYSSIZET, offsetof(DatagramObject, connection_lost_count), 0, nullptr},
    {"_closing", T_BOOL, offsetof(DatagramObject, closing), READONLY, nullptr},
    {"_paused", T_BOOL, offsetof(DatagramObject, paused), READONLY, nullptr},
    {"_protocol_paused", T_BOOL, offsetof(DatagramObject, protocol_paused), READONLY, nullptr},
    {"_protocol_connected", T_BOOL, offsetof(DatagramObject, protocol_connected), 0, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

WaterMarkField high_water{"_high_water", offsetof(DatagramObject, high_water)};
WaterMarkField low_water{"_low_water", offsetof(DatagramObject, low_water)};

PyGetSetDef properties[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {"_high_water", get_water_mark, set_water_mark, nullptr, &high_water},
    {"_low_water", get_water_mark, set_water_mark, nullptr, &low_water},
    {"_loop", get_object, nullptr, nullptr, at(offsetof(DatagramObject, loop))},
    {"_extra", get_object, nullptr, nullptr, at(offsetof(DatagramObject, extra))},
    {"_sock", get_object, nullptr, nullptr, at(offsetof(DatagramObject, sock))},
    {"_protocol", get_object, nullptr, nullptr, at(offsetof(DatagramObject, protocol))},
    {"_address", get_object, nullptr, nullptr, at(offsetof(DatagramObject, address))},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

DatagramParts::DatagramParts(DatagramObject* owner)
    : on_start(owner, start, CallbackKind::internal),
      on_readable(owner, datagram_readable, CallbackKind::datagram_received),
      on_writable(owner, datagram_writable, CallbackKind::resume_writing) {}

void DatagramCallback::run() {
  const PyRef kept = PyRef::steal(reinterpret_cast<PyObject*>(owner_));
  const bool writes = kind_ == CallbackKind::resume_writing;
  const PyRef context = PyRef::borrow(writes ? owner_->write_context : owner_->read_context);
  if (!context)
    return;  // the transport ended while this waited in the queue
  if (PyContext_Enter(context.get()) != 0) {
    PyErr_WriteUnraisable(kept.get());
    return;
  }
  action_(owner_);
  PyContext_Exit(context.get());
}

loop::Description DatagramCallback::describe(tracer::Recorder& recorder) {
  if (owner_->loop == nullptr || owner_->protocol == nullptr)
    return {tracer::kNoName, kind_, 0};
  PyObject* method = kind_ == CallbackKind::resume_writing      ? runtime().resume_writing
                     : kind_ == CallbackKind::datagram_received ? runtime().datagram_received
                                                                : runtime().connection_made;
  return {owner_->loop->state->names.method(recorder, owner_->protocol, method), kind_, owner_->handle_id};
}

bool add_datagram_transport_type(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_new, reinterpret_cast<void*>(new_without_dict)},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
      {Py_tp_methods, methods},
      {Py_tp_members, members},
      {Py_tp_getset, properties},
      {Py_tp_doc, const_cast<char*>("The native half of loopscope's datagram transport.")},
      {0, nullptr},
  };
  PyType_Spec spec = {"loopscope._native.DatagramTransport", sizeof(DatagramObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  PyTypeObject* type = make_heap_type(spec, runtime().transport_type, offsetof(DatagramObject, parts));
  return type != nullptr && PyModule_AddType(module, type) == 0;
}

}  // namespace loopscope::bindings

#include "bindings/eventloop/transport_base.h"

#include <structmember.h>

#include <utility>

#include "bindings/eventloop/handle.h"
#include "bindings/eventloop/loop_methods.h"
#include "bindings/eventloop/protocol_span.h"
#include "bindings/kit/object_fields.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/type_kit.h"
#include "bindings/kit/water_marks.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

// -- its callbacks -----------------------------------------------------------------------------------------------------

void TransportCallback::run() {
  const PyRef kept = PyRef::steal(as_object(owner_));
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

namespace {

PyObject* method_of(CallbackKind kind) {
  switch (kind) {
    case CallbackKind::resume_writing:
      return runtime().resume_writing;
    case CallbackKind::datagram_received:
      return runtime().datagram_received;
    case CallbackKind::data_received:
      return runtime().data_received;
    case CallbackKind::buffer_updated:
      return runtime().buffer_updated;
    default:
      return runtime().connection_made;
  }
}

}  // namespace

loop::Description TransportCallback::describe(tracer::Recorder& recorder) {
  if (owner_->loop == nullptr || owner_->protocol == nullptr)
    return {tracer::kNoName, kind_, 0};
  const tracer::NameId name =
      owner_->loop->state->trace.names.method(recorder, owner_->protocol, method_of(kind_));
  return {name, kind_, owner_->parts->handle_id()};
}

bool renew_context(const TransportBase* self, PyObject*& slot) {
  PyObject* context = self->context != nullptr ? or_none(self->context) : PyContext_CopyCurrent();
  if (context != nullptr)
    Py_XSETREF(slot, context);
  return context != nullptr;
}

// -- telling the protocol ----------------------------------------------------------------------------------------------

bool schedule(TransportBase* self, PyObject* callback, PyObject* argument, CallbackKind kind, PyObject* method) {
  if (!check_open(self->loop))
    return false;
  HandleParts parts{self->loop, callback, &argument, 1, self->context};
  parts.kind = kind;
  parts.object_id = self->parts->handle_id();
  tracer::Recorder& recorder = self->loop->state->loop.recorder();
  if (method != nullptr && recorder.on() && self->protocol != nullptr)
    parts.named = self->loop->state->trace.names.method(recorder, self->protocol, method);
  HandleObject* handle = new_handle(parts);
  if (handle == nullptr)
    return false;
  self->loop->state->loop.call_soon(handle->work);
  return true;
}

void tell_waiter(TransportBase* self) {
  if (self->waiter == nullptr)
    return;
  const PyRef waiter = PyRef::steal(std::exchange(self->waiter, nullptr));
  const PyRef done = PyRef::steal(
      PyObject_CallFunctionObjArgs(runtime().set_result_unless_cancelled, waiter.get(), Py_None, nullptr));
  if (!done)
    PyErr_WriteUnraisable(as_object(self));
}

void report_raised_by(LoopObject* loop, TransportBase* self, PyObject* method) {
  if (is_exit_exception()) {
    exit_loop(loop);
    return;
  }
  const PyRef exception = take_exception();
  const PyRef message = PyRef::steal(PyUnicode_FromFormat("Exception in callback %U()", method));
  report_exception(loop, Py_BuildValue("{sOsOsO}", "message", message.get(), "exception", exception.get(),
                                       "transport", as_object(self)));
}

namespace {

/// Calls the protocol's pause_writing() or resume_writing(). An exception is reported and not fatal; false with an
/// exception set if it has to leave the loop.
bool tell_protocol(TransportBase* self, CallbackKind kind, PyObject* method, const char* failed,
                   const loop::Callback* cause) {
  const PyRef kept = PyRef::borrow(as_object(self));
  const PyRef loop = PyRef::borrow(as_object(self->loop));
  const PyRef protocol = PyRef::borrow(self->protocol);
  PyRef result;
  {
    const ProtocolSpan span({self->loop, protocol.get(), method, kind, self->parts->handle_id(), cause});
    result = PyRef::steal(PyObject_CallMethodNoArgs(protocol.get(), method));
  }
  if (result)
    return true;
  if (is_exit_exception())
    return false;
  const PyRef exception = take_exception();
  report_exception(as_loop(loop.get()),
                   Py_BuildValue("{sssOsOsO}", "message", failed, "exception", exception.get(), "transport",
                                 as_object(self), "protocol", protocol.get()));
  return true;
}

}  // namespace

bool pause_protocol_if_full(TransportBase* self) {
  if (self->protocol_paused != 0 || self->parts->unsent_bytes() <= self->high_water)
    return true;
  self->protocol_paused = 1;
  return tell_protocol(self, CallbackKind::pause_writing, runtime().pause_writing,
                       "protocol.pause_writing() failed", nullptr);
}

void resume_protocol_if_drained(TransportBase* self) {
  if (self->protocol_paused == 0 || self->parts->unsent_bytes() > self->low_water)
    return;
  self->protocol_paused = 0;
  const PyRef loop = PyRef::borrow(as_object(self->loop));
  if (!tell_protocol(self, CallbackKind::resume_writing, runtime().resume_writing,
                     "protocol.resume_writing() failed", &self->parts->on_writable))
    exit_loop(as_loop(loop.get()));
}

// -- the end -----------------------------------------------------------------------------------------------------------

bool call_fatal_error(TransportBase* self, const char* message) {
  const PyRef exception = take_exception();
  const PyRef text = PyRef::steal(PyUnicode_FromString(message));
  return static_cast<bool>(PyRef::steal(
      PyObject_CallMethodObjArgs(as_object(self), runtime().fatal_error, exception.get(), text.get(), nullptr)));
}

void fatal(TransportBase* self, LoopObject* loop, const char* message) {
  const PyRef kept = PyRef::borrow(as_object(loop));
  if (!is_exit_exception() && call_fatal_error(self, message))
    return;
  if (is_exit_exception())
    exit_loop(loop);
  else
    PyErr_WriteUnraisable(as_object(self));
}

namespace {

constexpr Py_ssize_t kLostWritesBeforeWarning = 5;  // asyncio.constants.LOG_THRESHOLD_FOR_CONNLOST_WRITES

bool schedule_connection_lost(TransportBase* self, PyObject* exception) {
  ++self->connection_lost_count;
  const PyRef callback = PyRef::steal(PyObject_GetAttrString(as_object(self), "_call_connection_lost"));
  return callback &&
         schedule(self, callback.get(), exception, CallbackKind::connection_lost, runtime().connection_lost);
}

bool force_close(TransportBase* self, PyObject* exception) {
  if (stage_of(self) >= Stage::lost || self->parts == nullptr)
    return true;
  if (self->parts->has_unsent()) {
    self->parts->drop_unsent();
    self->parts->stop_sending();
  }
  if (self->closing == 0) {
    self->closing = 1;
    self->parts->stop_receiving();
  }
  return schedule_connection_lost(self, exception);
}

/// As _SelectorTransport._call_connection_lost: whatever the protocol does, the socket is closed.
PyObject* call_connection_lost(PyObject* object, PyObject* exception) {
  TransportBase* self = as_base(object);
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

}  // namespace

bool close_transport(TransportBase* self) {
  if (self->closing != 0 || self->loop == nullptr || self->parts == nullptr)
    return true;
  self->closing = 1;
  self->parts->stop_receiving();
  if (self->parts->has_unsent())
    return true;
  self->parts->stop_sending();
  return schedule_connection_lost(self, Py_None);
}

void lose_connection(TransportBase* self) {
  const PyRef loop = PyRef::borrow(as_object(self->loop));  // the transport lets go of it
  const ProtocolSpan span({self->loop, self->protocol, runtime().connection_lost, CallbackKind::connection_lost,
                           self->parts->handle_id(), &self->parts->on_writable});
  const PyRef done = PyRef::steal(call_connection_lost(as_object(self), Py_None));
  if (!done)
    report_raised_by(as_loop(loop.get()), self, runtime().connection_lost);
}

PyObject* write_lost(TransportBase* self) {
  if (self->connection_lost_count >= kLostWritesBeforeWarning) {
    const PyRef warned = PyRef::steal(PyObject_CallMethod(as_object(self), "_warn_lost", nullptr));
    if (!warned)
      return nullptr;
  }
  ++self->connection_lost_count;
  Py_RETURN_NONE;
}

void let_go(TransportBase* self) {
  for (PyObject** held :
       {&self->sock, &self->protocol, &self->context, &self->read_context, &self->write_context}) {
    clear(*held);
  }
  Py_CLEAR(self->loop);
}

// -- what Python sees --------------------------------------------------------------------------------------------------

int visit_references(TransportBase* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(as_object(self)));
  Py_VISIT(as_object(self->loop));
  for (PyObject* held : {self->attributes, self->extra, self->sock, self->protocol, self->waiter, self->context,
                         self->read_context, self->write_context}) {
    Py_VISIT(held);
  }
  return 0;
}

PyObject* transport_force_close(PyObject* object, PyObject* exception) {
  if (!force_close(as_base(object), exception))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* transport_abort(PyObject* object, PyObject*) {
  return transport_force_close(object, Py_None);
}
PyObject* transport_close(PyObject* object, PyObject*) {
  if (!close_transport(as_base(object)))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* transport_get_protocol(PyObject* object, PyObject*) {
  return or_none(as_base(object)->protocol);
}

namespace {

PyObject* is_closing(PyObject* object, PyObject*) {
  return PyBool_FromLong(as_base(object)->closing);
}
PyObject* buffer_size(PyObject* object, PyObject*) {
  TransportBase* self = as_base(object);
  return PyLong_FromSsize_t(self->parts != nullptr ? self->parts->unsent_bytes() : 0);
}
PyObject* pause_if_full(PyObject* object, PyObject*) {
  TransportBase* self = as_base(object);
  if (self->parts != nullptr && self->loop != nullptr && self->protocol != nullptr &&
      !pause_protocol_if_full(self))
    return nullptr;
  Py_RETURN_NONE;
}

WaterMarkField high_water{"_high_water", offsetof(TransportBase, high_water)};
WaterMarkField low_water{"_low_water", offsetof(TransportBase, low_water)};

}  // namespace

const PyMethodDef kTransportMethods[5] = {
    {"_call_connection_lost", method<call_connection_lost>(), METH_O, nullptr},
    {"_force_close", method<transport_force_close>(), METH_O, nullptr},
    {"_maybe_pause_protocol", method<pause_if_full>(), METH_NOARGS, nullptr},
    {"is_closing", method<is_closing>(), METH_NOARGS,
     "is_closing($self)\n--\n\nTrue if the transport is closed or about to be."},
    {"get_write_buffer_size", method<buffer_size>(), METH_NOARGS,
     "get_write_buffer_size($self)\n--\n\nBytes that wait to be sent."},
};

const PyMemberDef kTransportMembers[8] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(TransportBase, weak_references), READONLY, nullptr},
    {"__dictoffset__", T_PYSSIZET, offsetof(TransportBase, attributes), READONLY, nullptr},
    {"_sock_fd", T_PYSSIZET, offsetof(TransportBase, fd), READONLY, nullptr},
    {"_conn_lost", T_PYSSIZET, offsetof(TransportBase, connection_lost_count), 0, nullptr},
    {"_closing", T_BOOL, offsetof(TransportBase, closing), READONLY, nullptr},
    {"_paused", T_BOOL, offsetof(TransportBase, paused), READONLY, nullptr},
    {"_protocol_paused", T_BOOL, offsetof(TransportBase, protocol_paused), READONLY, nullptr},
    {"_protocol_connected", T_BOOL, offsetof(TransportBase, protocol_connected), 0, nullptr},
};

const PyGetSetDef kTransportProperties[6] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {"_high_water", get_water_mark, set_water_mark, nullptr, &high_water},
    {"_low_water", get_water_mark, set_water_mark, nullptr, &low_water},
    {"_loop", get_object, nullptr, nullptr, at(offsetof(TransportBase, loop))},
    {"_sock", get_object, nullptr, nullptr, at(offsetof(TransportBase, sock))},
    {"_protocol", get_object, nullptr, nullptr, at(offsetof(TransportBase, protocol))},
};

}  // namespace loopscope::bindings

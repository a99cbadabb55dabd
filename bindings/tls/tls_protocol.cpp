#include "bindings/tls/tls_protocol.h"

#include <structmember.h>

#include <cmath>
#include <cstddef>
#include <limits>

#include "bindings/eventloop/handle.h"
#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/buffer_window.h"
#include "bindings/kit/feed.h"
#include "bindings/kit/object_fields.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/type_kit.h"
#include "bindings/stream/stream_object.h"
#include "bindings/stream/stream_transport.h"
#include "bindings/tls/tls_object.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

PyTypeObject* tls_type = nullptr;

/// While it lives, sys.exc_info() shows the exception, as in an except clause: loggers ask for it.
class Handled {
 public:
  explicit Handled(PyObject* exception) {
    PyErr_GetExcInfo(&type_, &value_, &traceback_);
    PyErr_SetExcInfo(or_none(reinterpret_cast<PyObject*>(Py_TYPE(exception))), or_none(exception),
                     PyException_GetTraceback(exception));
  }
  ~Handled() { PyErr_SetExcInfo(type_, value_, traceback_); }
  Handled(const Handled&) = delete;
  Handled& operator=(const Handled&) = delete;

 private:
  PyObject *type_ = nullptr, *value_ = nullptr, *traceback_ = nullptr;
};

/// Which work is native follows from what the attributes are.
void choose_engine(TlsObject* self) {
  const TlsRuntime& it = tls_runtime();
  self->engine = nullptr;
  if (self->loop == nullptr || self->incoming == nullptr || self->outgoing == nullptr ||
      self->ssl_object == nullptr)
    return;
  if (!is_loop(self->loop) || Py_TYPE(self->incoming) != it.bio_type || Py_TYPE(self->outgoing) != it.bio_type ||
      Py_TYPE(self->ssl_object) != it.ssl_object_type)
    return;
  const PyRef engine = PyRef::steal(PyObject_GetAttrString(self->ssl_object, "_sslobj"));
  if (!engine)
    PyErr_Clear();
  else if (Py_TYPE(engine.get()) == it.engine_type)
    self->engine = engine.get();  // an SSLObject keeps it for life
}

/// _call_app(method, *args): a call of the application's protocol, recorded by its name.
PyObject* call_app(PyObject* object, PyObject* args) {
  TlsObject* self = as_tls(object);
  if (PyTuple_GET_SIZE(args) < 1 || self->app_protocol == nullptr) {
    PyErr_SetString(PyExc_TypeError, "_call_app() takes a method's name and its arguments");
    return nullptr;
  }
  PyObject* name = PyTuple_GET_ITEM(args, 0);
  const PyRef method = PyRef::steal(PyObject_GetAttr(self->app_protocol, name));
  const PyRef rest = PyRef::steal(PyTuple_GetSlice(args, 1, PyTuple_GET_SIZE(args)));
  if (!method || !rest)
    return nullptr;
  if (self->engine == nullptr)
    return PyObject_CallObject(method.get(), rest.get());
  const bool made = PyUnicode_Compare(name, runtime().connection_made) == 0;
  const ProtocolSpan span(app_call(self, made ? CallbackKind::connection_made : CallbackKind::eof_received,
                                   made ? runtime().connection_made : runtime().eof_received));
  return PyObject_CallObject(method.get(), rest.get());
}

/// _schedule_app_lost(exception): the application's connection_lost() is called in the next iteration.
PyObject* schedule_app_lost(PyObject* object, PyObject* exception) {
  TlsObject* self = as_tls(object);
  if (self->app_protocol == nullptr || self->loop == nullptr) {
    PyErr_SetString(PyExc_AttributeError, "an SSLProtocol that is not initialised");
    return nullptr;
  }
  const PyRef lost = PyRef::steal(PyObject_GetAttr(self->app_protocol, runtime().connection_lost));
  if (!lost)
    return nullptr;
  if (!is_loop(self->loop))
    return PyObject_CallMethodObjArgs(self->loop, tls_runtime().call_soon, lost.get(), exception, nullptr);
  if (!check_open(loop_of(self)))
    return nullptr;
  HandleParts parts{loop_of(self), lost.get(), &exception, 1};
  parts.kind = CallbackKind::connection_lost;
  if (self->engine != nullptr)
    parts.object_id = app_call(self, parts.kind, nullptr).handle_id;
  HandleObject* handle = new_handle(parts);
  if (handle == nullptr)
    return nullptr;
  loop_of(self)->state->loop.call_soon(handle->work);
  Py_RETURN_NONE;
}

// -- attributes --------------------------------------------------------------------------------------------------------

PyObject* get_part(PyObject* object, void* offset) {
  PyObject* part = field<PyObject*>(object, offset);
  if (part == nullptr) {
    PyErr_SetString(PyExc_AttributeError, "an SSLProtocol that is not initialised");
    return nullptr;
  }
  return or_none(part);
}
int set_part(PyObject* object, PyObject* value, void* offset) {
  as_tls(object)->engine = nullptr;  // before what it belongs to may go
  assign(field<PyObject*>(object, offset), value);
  choose_engine(as_tls(object));
  return 0;
}

int set_transport(PyObject* object, PyObject* value, void*) {
  TlsObject* self = as_tls(object);
  self->on_stream = static_cast<char>(is_stream_transport(value));
  assign(self->transport, value);
  return 0;
}

/// Bytes, rounded up, of a number that may be a float and beyond all bounds.
Py_ssize_t bytes_of(PyObject* number) {
  constexpr auto kMost = std::numeric_limits<Py_ssize_t>::max();
  const double value = PyFloat_AsDouble(number);
  if (value == -1.0 && PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    return kMost;
  }
  return value < static_cast<double>(kMost) ? static_cast<Py_ssize_t>(std::ceil(value)) : kMost;
}
PyObject* get_mark(PyObject* object, void* offset) {
  return or_none(field<WaterMark>(object, offset).number);
}
int set_mark(PyObject* object, PyObject* value, void* offset) {
  auto& mark = field<WaterMark>(object, offset);
  assign(mark.number, value);
  mark.bytes = value != nullptr ? bytes_of(value) : 0;
  return 0;
}

// -- the type ----------------------------------------------------------------------------------------------------------

template <typename Visitor>
int for_each_reference(TlsObject* self, Visitor visit_one) {
  for (PyObject** slot : {&self->loop, &self->transport, &self->app_transport, &self->app_protocol,
                          &self->get_buffer, &self->buffer_updated, &self->state, &self->app_state, &self->backlog,
                          &self->incoming, &self->outgoing, &self->ssl_object, &self->incoming_high.number,
                          &self->incoming_low.number, &self->outgoing_high.number, &self->outgoing_low.number}) {
    if (const int stop = visit_one(*slot))
      return stop;
  }
  return 0;
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  return for_each_reference(as_tls(object),
                            [&](PyObject*& slot) { return slot != nullptr ? visit(slot, arg) : 0; });
}

int clear_references(PyObject* object) {
  as_tls(object)->engine = nullptr;
  as_tls(object)->on_stream = 0;
  return for_each_reference(as_tls(object), [](PyObject*& slot) {
    clear(slot);
    return 0;
  });
}

void dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  clear_references(object);
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"_do_read", method<do_read>(), METH_NOARGS, nullptr},
    {"_write_appdata", method<write_appdata>(), METH_O, nullptr},
    {"_process_outgoing", method<py_process_outgoing>(), METH_NOARGS, nullptr},
    {"_control_app_writing", method<py_control_app_writing>(), METH_NOARGS, nullptr},
    {"_call_app", method<call_app>(), METH_VARARGS, nullptr},
    {"_schedule_app_lost", method<schedule_app_lost>(), METH_O, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef members[] = {
    {"_app_transport", T_OBJECT_EX, offsetof(TlsObject, app_transport), 0, nullptr},
    {"_app_protocol", T_OBJECT_EX, offsetof(TlsObject, app_protocol), 0, nullptr},
    {"_app_protocol_get_buffer", T_OBJECT_EX, offsetof(TlsObject, get_buffer), 0, nullptr},
    {"_app_protocol_buffer_updated", T_OBJECT_EX, offsetof(TlsObject, buffer_updated), 0, nullptr},
    {"_app_protocol_is_buffer", T_BOOL, offsetof(TlsObject, app_is_buffered), 0, nullptr},
    {"_state", T_OBJECT_EX, offsetof(TlsObject, state), 0, nullptr},
    {"_app_state", T_OBJECT_EX, offsetof(TlsObject, app_state), 0, nullptr},
    {"_write_backlog", T_OBJECT_EX, offsetof(TlsObject, backlog), 0, nullptr},
    {"_write_buffer_size", T_PYSSIZET, offsetof(TlsObject, backlog_bytes), 0, nullptr},
    {"_app_reading_paused", T_BOOL, offsetof(TlsObject, app_reading_paused), 0, nullptr},
    {"_app_writing_paused", T_BOOL, offsetof(TlsObject, app_writing_paused), 0, nullptr},
    {"_ssl_reading_paused", T_BOOL, offsetof(TlsObject, ssl_reading_paused), 0, nullptr},
    {"_ssl_writing_paused", T_BOOL, offsetof(TlsObject, ssl_writing_paused), 0, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"_loop", get_part, set_part, nullptr, at(offsetof(TlsObject, loop))},
    {"_transport", get_part, set_transport, nullptr, at(offsetof(TlsObject, transport))},
    {"_incoming", get_part, set_part, nullptr, at(offsetof(TlsObject, incoming))},
    {"_outgoing", get_part, set_part, nullptr, at(offsetof(TlsObject, outgoing))},
    {"_sslobj", get_part, set_part, nullptr, at(offsetof(TlsObject, ssl_object))},
    {"_incoming_high_water", get_mark, set_mark, nullptr, at(offsetof(TlsObject, incoming_high))},
    {"_incoming_low_water", get_mark, set_mark, nullptr, at(offsetof(TlsObject, incoming_low))},
    {"_outgoing_high_water", get_mark, set_mark, nullptr, at(offsetof(TlsObject, outgoing_high))},
    {"_outgoing_low_water", get_mark, set_mark, nullptr, at(offsetof(TlsObject, outgoing_low))},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

bool add_tls_protocol_type(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
      {Py_tp_methods, methods},
      {Py_tp_members, members},
      {Py_tp_getset, properties},
      {Py_tp_doc, const_cast<char*>("The native half of loopscope's TLS protocol.")},
      {0, nullptr},
  };
  PyType_Spec spec = {"loopscope._native.TlsProtocolBase", sizeof(TlsObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  tls_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return tls_type != nullptr && PyModule_AddType(module, tls_type) == 0;
}

/// asyncio's TLS stands on ssl, which a Python can be built without; its SSLProtocol of today came with 3.11.
bool has_tls() {
#if PY_VERSION_HEX < 0x030B0000
  return false;
#else
  const PyRef ssl = PyRef::steal(PyImport_ImportModule("ssl"));
  if (!ssl)
    PyErr_Clear();
  return static_cast<bool>(ssl);
#endif
}

}  // namespace

ProtocolSpan::Call app_call(TlsObject* self, CallbackKind kind, PyObject* method) {
  std::uint64_t handle_id = 0;
  if (self->on_stream != 0)
    handle_id = stream_of(as_transport(self->transport)).handle_id();
  return {loop_of(self), self->app_protocol, method, kind, handle_id, nullptr};
}

bool end_connection(TlsObject* self) {
  if (PyErr_ExceptionMatches(PyExc_Exception) == 0)
    return false;
  const PyRef exception = take_exception();
  const Handled handled(exception.get());
  const PyRef text = PyRef::steal(PyUnicode_FromString("Fatal error on SSL protocol"));
  const PyRef done = PyRef::steal(
      PyObject_CallMethodObjArgs(as_object(self), runtime().fatal_error, exception.get(), text.get(), nullptr));
  return static_cast<bool>(done);
}

Py_ssize_t pending(PyObject* bio) {
  const PyRef number = PyRef::steal(tls_runtime().bio_pending(bio, nullptr));
  return number ? PyLong_AsSsize_t(number.get()) : -1;
}

bool took_again() {
  if (PyErr_ExceptionMatches(tls_runtime().again_errors) == 0)
    return false;
  PyErr_Clear();
  return true;
}

namespace {

bool is_tls_protocol(PyObject* protocol) {
  return tls_type != nullptr && PyObject_TypeCheck(protocol, tls_type);
}

PyObject* users_protocol(PyObject* protocol) {
  if (!is_tls_protocol(protocol) || as_tls(protocol)->app_protocol == nullptr)
    return protocol;
  return as_tls(protocol)->app_protocol;
}

bool takes_feed(PyObject* protocol) {
  return as_tls(protocol)->engine != nullptr;
}

bool give_feed(PyObject* protocol, char* data, Py_ssize_t size_bytes) {
  TlsObject* self = as_tls(protocol);
  const TlsRuntime& it = tls_runtime();
  {
    const Showing showing(it.window, data, size_bytes);
    PyObject* stack[] = {self->incoming, it.window};
    const PyRef taken = PyRef::steal(PyObject_Vectorcall(it.bio_write, stack, 2, nullptr));
    if (!taken)
      return false;
  }
  if (self->state == it.wrapped)
    return static_cast<bool>(PyRef::steal(do_read(protocol, nullptr)));
  PyObject* next = nullptr;
  if (self->state == it.handshaking)
    next = it.do_handshake;
  else if (self->state == it.flushing)
    next = it.do_flush;
  else if (self->state == it.shutting_down)
    next = it.do_shutdown;
  return next == nullptr || PyRef::steal(PyObject_CallMethodNoArgs(protocol, next));
}

constexpr Feed kFeed{is_tls_protocol, takes_feed, give_feed, users_protocol};

}  // namespace

bool add_tls_types(PyObject* module) {
  if (!has_tls())
    return true;
  if (!load_tls_runtime() || !add_tls_protocol_type(module) || !add_tls_transport_type(module, tls_type))
    return false;
  register_feed(kFeed);
  return true;
}

}  // namespace loopscope::bindings

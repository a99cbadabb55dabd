#include "bindings/eventloop/handle.h"
#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/runtime.h"
#include "bindings/naming/protocol_calls.h"

namespace loopscope::bindings {

using tracer::CallbackKind;
using tracer::HandleKind;

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
  span.name = recorder.on() ? self->state->trace.names.method(recorder, args[2], method) : tracer::kNoName;
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
  const tracer::NameId name = recorder.on()
                                  ? self->state->trace.names.method(recorder, args[1], runtime().connection_made)
                                  : tracer::kNoName;
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
  const loop::Callback* cause = self->state->trace.cause;
  recorder.work_begins();
  recorder.callback_begin(span.kind, span.name, cause != nullptr ? cause->ready() : 0, 0, span.handle_id);
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

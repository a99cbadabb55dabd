#include "bindings/stream/stream_object.h"

#include <cerrno>
#include <cstddef>
#include <utility>

#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/feed.h"
#include "bindings/kit/held_buffer.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/receive_target.h"
#include "bindings/kit/runtime.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

/// What is decrypted of it lies with a record's room to spare in an object below kMostRead.
constexpr std::size_t kMostFed = 104 * 1024;

/// Below malloc's threshold of 128 KiB for memory of its own: that would be mapped and faulted in for each message that is kept.
constexpr Py_ssize_t kMostRead = 120 * 1024;

/// From this size on a copy costs more than an object that is read into.
constexpr Py_ssize_t kManyBytes = Buffers::kSmallBytes / 2;

/// As close(), which the program may have put another in place of.
bool close_by_name(TransportObject* self) {
  if (self->attributes == nullptr)
    return close_transport(self);
  return static_cast<bool>(PyRef::steal(PyObject_CallMethod(as_object(self), "close", nullptr)));
}

void report_raised(TransportObject* self, LoopObject* loop, const char* message) {
  if (is_exit_exception())
    return exit_loop(loop);
  const PyRef exception = take_exception();
  report_exception(
      loop, Py_BuildValue("{s:s,s:O,s:O}", "message", message, "exception", exception.get(), "transport", self));
}

void on_eof(TransportObject* self) {
  const ProtocolSpan span(
      span_of(self, CallbackKind::eof_received, runtime().eof_received, &self->parts->on_readable));
  const PyRef keep_open = PyRef::steal(PyObject_CallMethodNoArgs(self->protocol, runtime().eof_received));
  const int truth = keep_open ? PyObject_IsTrue(keep_open.get()) : -1;
  if (truth < 0) {
    fatal(self, span.loop(), "Fatal error: protocol.eof_received() call failed.");
  } else if (truth > 0) {
    // The protocol may write on, but there is nothing more to read.
    if (self->loop != nullptr)
      stream_of(self).stop_reading();
  } else if (!close_by_name(self)) {
    report_raised(self, span.loop(), "Exception in transport.close()");
  }
}

void deliver(TransportObject* self, PyObject* data) {
  PyObject* stack[] = {self->protocol, data};
  const PyRef protocol = PyRef::borrow(self->protocol);
  const ProtocolSpan span(
      span_of(self, CallbackKind::data_received, runtime().data_received, &self->parts->on_readable));
  const PyRef result = PyRef::steal(
      PyObject_VectorcallMethod(runtime().data_received, stack, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr));
  if (!result)
    fatal(self, span.loop(), "Fatal error: protocol.data_received() call failed.");
}

/// True if `result` says that there are bytes; handles end of file and errors.
bool got_bytes(TransportObject* self, ssize_t result) {
  if (result > 0)
    return true;
  if (result == 0)
    on_eof(self);
  else if (!would_block(result))
    fatal_errno(self, static_cast<int>(-result), "Fatal read error on socket transport");
  return false;
}

/// Two functions, for few and for many bytes, so that none has to ask which it is.
template <bool kFew>
void read_bytes(TransportObject* self) {
  const PyRef loop = PyRef::borrow(as_object(self->loop));
  Buffers& buffers = self->loop->state->buffers;
  constexpr Py_ssize_t kMost = kFew ? Py_ssize_t{Buffers::kSmallBytes} : kMostRead;
  ReceiveTarget to(kFew ? buffers.small() : nullptr, kMost, &buffers.recycled);
  if (to.data() == nullptr)
    return fatal(self, self->loop, "Fatal read error on socket transport");
  const ssize_t count = stream_of(self).read(to.data(), static_cast<std::size_t>(kMost));
  if (!got_bytes(self, count))
    return;
  self->last_read = count;
  const ReceiveTarget::Message message = to.take(count);
  if (message.bytes == nullptr)
    return fatal(self, self->loop, "Fatal read error on socket transport");
  deliver(self, message.bytes);
  buffers.recycled.give_back(message.bytes, message.room);
}

/// Takes the protocol's own buffer. `object` has it, and has to outlive it.
bool get_buffer(TransportObject* self, PyRef& object, HeldBuffer& buffer) {
  const PyRef hint = PyRef::steal(PyLong_FromLong(-1));
  object = PyRef::steal(PyObject_CallMethodOneArg(self->protocol, runtime().get_buffer, hint.get()));
  if (!object || !buffer.take_writable(object.get()))
    return false;
  if (buffer.size() > 0)
    return true;
  PyErr_SetString(PyExc_RuntimeError, "get_buffer() returned an empty buffer");
  return false;
}

void read_buffered(TransportObject* self) {
  const PyRef protocol = PyRef::borrow(self->protocol);
  const PyRef loop = PyRef::borrow(as_object(self->loop));
  ssize_t count = 0;
  {
    PyRef object;
    HeldBuffer buffer;
    if (!get_buffer(self, object, buffer))
      return fatal(self, as_loop(loop.get()), "Fatal error: protocol.get_buffer() call failed.");
    if (self->loop == nullptr)
      return;
    count = stream_of(self).read(buffer.data(), static_cast<std::size_t>(buffer.size()));
  }
  if (!got_bytes(self, count))
    return;
  const PyRef size = PyRef::steal(PyLong_FromSsize_t(count));
  const ProtocolSpan span(
      span_of(self, CallbackKind::buffer_updated, runtime().buffer_updated, &self->parts->on_readable));
  const PyRef result =
      PyRef::steal(PyObject_CallMethodOneArg(protocol.get(), runtime().buffer_updated, size.get()));
  if (!result)
    fatal(self, span.loop(), "Fatal error: protocol.buffer_updated() call failed.");
}

/// As read_buffered(), without a buffer of the protocol's.
void read_fed(TransportObject* self) {
  const PyRef protocol = PyRef::borrow(self->protocol);
  char* buffer = self->loop->state->buffers.large();
  const ssize_t count = stream_of(self).read(buffer, kMostFed);
  if (!got_bytes(self, count))
    return;
  const ProtocolSpan span(
      span_of(self, CallbackKind::buffer_updated, runtime().buffer_updated, &self->parts->on_readable));
  if (!self->feed->give(protocol.get(), buffer, count))
    fatal(self, span.loop(), "Fatal error: protocol.buffer_updated() call failed.");
}

}  // namespace

void read_ready(TransportObject* self) {
  if (stage_of(self) != Stage::open || self->paused != 0)
    return;
  if (self->feed != nullptr && self->feed->takes(self->protocol))
    read_fed(self);
  else if (self->buffered != 0)
    read_buffered(self);
  else if (self->last_read < kManyBytes)
    read_bytes<true>(self);
  else
    read_bytes<false>(self);
}

bool start_reading(TransportObject* self) {
  if (!renew_context(self, self->read_context))
    return false;
  Py_INCREF(self);
  const int error = stream_of(self).start_reading(self->parts->on_readable);
  if (error == 0)
    return true;
  set_loop_error(error);
  return false;
}

}  // namespace loopscope::bindings

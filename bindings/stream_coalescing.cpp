#include "bindings/py_ref.h"
#include "bindings/stream_object.h"

namespace loopscope::bindings {

namespace {

std::int64_t now_ns() {
  return static_cast<std::int64_t>(tracer::monotonic_ns());
}

/// Counts a write; the first one of a callback asks to be told of its end.
bool is_held(TransportObject* self, std::size_t size) {
  Parts& parts = *self->parts;
  if (!parts.coalescing.wrote()) {
    if (!parts.stream.loop().tell_after_callback(parts))
      return false;
    Py_INCREF(self);
  }
  return parts.coalescing.hold(size, parts.coalescing.expects_more() ? now_ns() : 0);
}

/// The context that resume_writing() will run in, should the kernel not take what is held now.
bool remember_context(TransportObject* self) {
  PyObject* context = PyContext_CopyCurrent();
  if (context == nullptr)
    return false;
  Py_XSETREF(self->write_context, context);
  return true;
}

}  // namespace

Coalesced coalesce(TransportObject* self, PyObject* data, const char* begin, Py_ssize_t size) {
  const bool first = !is_holding(self);
  const bool held = is_held(self, static_cast<std::size_t>(size));
  if (!held && first)
    return Coalesced::no;
  if (first && !remember_context(self))
    return Coalesced::failed;
  if (!queue_bytes(self, data, begin, size))
    return Coalesced::failed;
  if (!held)
    send_held(self);
  return Coalesced::yes;
}

bool is_holding(TransportObject* self) {
  return self->parts->coalescing.holding();
}

void send_held(TransportObject* self) {
  if (self->parts == nullptr || !is_holding(self))
    return;
  self->parts->coalescing.released(now_ns());
  if (self->loop == nullptr || stream_of(self).queued_bytes() == 0)
    return;  // the connection ended
  const int error = stream_of(self).flush();
  if (error != 0 && !would_block(error))
    return fatal_errno(self, -error, "Fatal write error on socket transport");
  if (stream_of(self).queued_bytes() == 0)
    return;
  if (!await_writable(self))
    return fatal(self, "Fatal write error on socket transport");
  pause_protocol_if_full(self);
}

void Parts::callback_returned() {
  TransportObject* self = on_writable.owner();
  const PyRef kept = PyRef::steal(as_object(self));
  send_held(self);
  coalescing.callback_returned();
}

}  // namespace loopscope::bindings

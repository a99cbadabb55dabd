#include "bindings/tls/tls_object.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/buffer_window.h"
#include "bindings/kit/held_buffer.h"
#include "bindings/kit/receive_target.h"
#include "bindings/kit/runtime.h"
#include "bindings/stream/stream_object.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

constexpr Py_ssize_t kMostPlaintextInRecord = 16 * 1024;

enum class Got { bytes, nothing_yet, end, error };

/// One read of the engine, at most one record: `count` bytes, none yet, or the peer's close_notify.
Got read_record(TlsObject* self, char* data, Py_ssize_t room, Py_ssize_t& count) {
  const TlsRuntime& it = tls_runtime();
  const PyRef wanted = PyRef::steal(PyLong_FromSsize_t(room));
  const Showing showing(it.window, data, room);
  PyObject* stack[] = {self->engine, wanted.get(), it.window};
  const PyRef result = PyRef::steal(PyObject_Vectorcall(it.engine_read, stack, 3, nullptr));
  if (!result)
    return took_again() ? Got::nothing_yet : Got::error;
  count = PyLong_AsSsize_t(result.get());
  return count > 0 ? Got::bytes : Got::end;
}

/// Where decrypted bytes are collected: in the loop's buffer while they are few, to be copied into an object of their
/// size; else in an object of the ciphertext's size, which is about theirs. The object is the last message's, if nobody
/// kept that: freeing and allocating two that are large, this and the ciphertext, for each message makes malloc give the
/// end of its heap back to the kernel and ask for it again, page by page.
class Plaintext {
 public:
  Plaintext(Buffers& buffers, Py_ssize_t encrypted)
      : buffers_(buffers),
        borrows_(encrypted <= kSmall && !buffers.small_is_lent),
        to_(borrows_ ? buffers.small() : nullptr,
            borrows_ ? Py_ssize_t{Buffers::kSmallBytes} : std::max(encrypted, kMostPlaintextInRecord),
            &buffers.recycled) {
    if (borrows_)
      buffers.small_is_lent = true;
  }
  ~Plaintext() { give_back(); }
  Plaintext(const Plaintext&) = delete;
  Plaintext& operator=(const Plaintext&) = delete;

  [[nodiscard]] bool valid() const { return to_.data() != nullptr; }
  [[nodiscard]] char* end() const { return to_.data() + size_; }
  [[nodiscard]] Py_ssize_t room() const { return to_.room() - size_; }
  [[nodiscard]] Py_ssize_t size() const { return size_; }
  void add(Py_ssize_t count) { size_ += count; }

  /// The engine may have held the begin of a record already.
  bool grow() {
    const bool grown = to_.grow(size_, to_.room() + kMostPlaintextInRecord);
    give_back();
    return grown;
  }

  /// The loop's buffer is free again.
  ReceiveTarget::Message take() {
    const ReceiveTarget::Message message = to_.take(size_);
    give_back();
    return message;
  }

 private:
  static constexpr Py_ssize_t kSmall = kMostPlaintextInRecord + 8 * 1024;

  void give_back() {
    if (std::exchange(borrows_, false))
      buffers_.small_is_lent = false;
  }

  Buffers& buffers_;
  bool borrows_;
  ReceiveTarget to_;
  Py_ssize_t size_ = 0;
};

bool call_own(TlsObject* self, PyObject* method) {
  return static_cast<bool>(PyRef::steal(PyObject_CallMethodNoArgs(as_object(self), method)));
}

/// The peer's close_notify.
bool peer_closed(TlsObject* self) {
  return call_own(self, tls_runtime().call_eof_received) && call_own(self, tls_runtime().start_shutdown);
}

bool deliver(TlsObject* self, PyObject* data) {
  const ProtocolSpan span(app_call(self, CallbackKind::data_received, runtime().data_received));
  PyObject* stack[] = {self->app_protocol, data};
  return static_cast<bool>(PyRef::steal(
      PyObject_VectorcallMethod(runtime().data_received, stack, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr)));
}

/// Reads until the engine has no more. It is not asked for what it cannot have: a read that filled less than its room
/// emptied a record, and without bytes behind it the next would only raise SSLWantReadError, at the cost of several
/// messages' decryption.
Got drain(TlsObject* self, Plaintext& text) {
  for (;;) {
    if (text.room() == 0 && !text.grow())
      return Got::error;
    const Py_ssize_t room = text.room();
    Py_ssize_t count = 0;
    if (const Got got = read_record(self, text.end(), room, count); got != Got::bytes)
      return got;
    text.add(count);
    if (count == room)
      continue;
    const Py_ssize_t more = pending(self->incoming);
    if (more <= 0)
      return more == 0 ? Got::nothing_yet : Got::error;
  }
}

bool read_copied(TlsObject* self) {
  const Py_ssize_t encrypted = pending(self->incoming);
  if (encrypted < 0)
    return false;
  ReceiveTarget::Message message{};
  Got got = Got::error;
  {
    Plaintext text(loop_of(self)->state->buffers, encrypted);
    if (!text.valid() || (got = drain(self, text)) == Got::error)
      return false;
    if (text.size() > 0 && (message = text.take()).bytes == nullptr)
      return false;
  }
  if (message.bytes != nullptr) {
    const PyRef loop = PyRef::borrow(self->loop);
    const bool delivered = deliver(self, message.bytes);
    as_loop(loop.get())->state->buffers.recycled.give_back(message.bytes, message.room);
    if (!delivered)
      return false;
  }
  return got != Got::end || peer_closed(self);
}

/// The rest of what fits into the application's buffer, after the first `offset` bytes. The last read's result.
Got fill(TlsObject* self, PyObject* target, Py_ssize_t wanted, Py_ssize_t& offset) {
  HeldBuffer held;
  if (!held.take_writable(target))
    return Got::error;
  Got got = Got::bytes;
  const Py_ssize_t size = std::min(wanted, held.size());
  while (got == Got::bytes && offset < size) {
    const Py_ssize_t more = pending(self->incoming);
    if (more <= 0) {
      got = more == 0 ? Got::nothing_yet : Got::error;
      break;
    }
    Py_ssize_t count = 0;
    got = read_record(self, held.data() + offset, size - offset, count);
    offset += count;
  }
  return got;
}

/// As _do_read__buffered(), but for a buffer whose slices are copies: asyncio loses what it reads into those.
bool read_buffered(TlsObject* self) {
  const TlsRuntime& it = tls_runtime();
  const Py_ssize_t encrypted = pending(self->incoming);
  const PyRef hint = PyRef::steal(PyLong_FromSsize_t(encrypted));
  const PyRef target = PyRef::steal(PyObject_CallOneArg(self->get_buffer, hint.get()));
  const Py_ssize_t wanted = target ? PyObject_Size(target.get()) : -1;
  const PyRef wanted_number = PyRef::steal(wanted >= 0 ? PyLong_FromSsize_t(wanted) : nullptr);
  if (!wanted_number)
    return false;
  Py_ssize_t offset = 0;
  Got got = Got::bytes;
  {
    PyObject* stack[] = {self->engine, wanted_number.get(), target.get()};
    const PyRef result = PyRef::steal(PyObject_Vectorcall(it.engine_read, stack, 3, nullptr));
    if (result)
      offset = PyLong_AsSsize_t(result.get());
    if (!result)
      got = took_again() ? Got::nothing_yet : Got::error;
    else if (offset == 0)
      got = Got::end;
  }
  if (got == Got::bytes && offset < wanted)
    got = fill(self, target.get(), wanted, offset);
  if (got == Got::error)
    return false;
  if (got == Got::bytes) {  // the buffer is full: the rest comes in the next iteration
    const PyRef again = PyRef::steal(PyObject_GetAttr(as_object(self), it.do_read));
    const PyRef handle =
        PyRef::steal(again ? PyObject_CallMethodOneArg(self->loop, it.call_soon, again.get()) : nullptr);
    if (!handle)
      return false;
  }
  if (offset > 0) {
    const PyRef size = PyRef::steal(PyLong_FromSsize_t(offset));
    const ProtocolSpan span(app_call(self, CallbackKind::buffer_updated, runtime().buffer_updated));
    const PyRef done = PyRef::steal(PyObject_CallOneArg(self->buffer_updated, size.get()));
    if (!done)
      return false;
  }
  return got != Got::end || peer_closed(self);
}

/// Back-pressure on the transport below, as _control_ssl_reading().
bool control_ssl_reading(TlsObject* self) {
  const Py_ssize_t size = pending(self->incoming);
  if (size < 0)
    return false;
  PyObject* method = nullptr;
  if (size >= self->incoming_high.bytes && self->ssl_reading_paused == 0)
    method = tls_runtime().pause_reading;
  else if (size <= self->incoming_low.bytes && self->ssl_reading_paused != 0)
    method = tls_runtime().resume_reading;
  if (method == nullptr)
    return true;
  self->ssl_reading_paused = static_cast<char>(self->ssl_reading_paused == 0);
  const PyRef transport = PyRef::borrow(self->transport);
  return static_cast<bool>(PyRef::steal(PyObject_CallMethodNoArgs(transport.get(), method)));
}

bool read_and_answer(TlsObject* self) {
  if (self->app_reading_paused == 0) {
    if (!(self->app_is_buffered != 0 ? read_buffered(self) : read_copied(self)))
      return false;
    const Py_ssize_t waiting = PyObject_Size(self->backlog);
    if (waiting < 0 || !(waiting > 0 ? call_own(self, tls_runtime().do_write) : process_outgoing(self)))
      return false;
  }
  return control_ssl_reading(self);
}

}  // namespace

PyObject* do_read(PyObject* object, PyObject*) {
  TlsObject* self = as_tls(object);
  const TlsRuntime& it = tls_runtime();
  if (self->engine == nullptr)
    return PyObject_CallOneArg(it.stock_do_read, object);
  if (self->state != it.wrapped && self->state != it.flushing)
    Py_RETURN_NONE;
  const PyRef kept = PyRef::borrow(object);
  if (!read_and_answer(self) && !end_connection(self))
    return nullptr;
  Py_RETURN_NONE;
}

}  // namespace loopscope::bindings

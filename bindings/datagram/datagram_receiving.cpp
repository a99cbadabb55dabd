#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include "bindings/datagram/datagram_object.h"
#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/receive_target.h"
#include "bindings/kit/runtime.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

constexpr Py_ssize_t kMostBytes = 256 * 1024;  // asyncio's max_size
constexpr Py_ssize_t kMostIpBytes = 64 * 1024;
constexpr int kMostWithoutPoll = 32;

std::size_t slot_of(const SocketAddress& address) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&address.storage);
  std::uint32_t hash = address.size;
  for (socklen_t i = 0; i + sizeof hash <= address.size; i += sizeof hash) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes + i, sizeof word);
    hash = (hash ^ word) * 0x9E3779B1U;
  }
  return hash >> 16U;
}

}  // namespace

PyObject* AddressCache::find(const SocketAddress& address) {
  if (address.size > sizeof(sockaddr_in6))
    return python_address(address);
  Entry& entry = entries_[slot_of(address) % entries_.size()];
  if (!entry.object || entry.address.size != address.size ||
      std::memcmp(&entry.address.storage, &address.storage, address.size) != 0) {
    entry.object = PyRef::steal(python_address(address));
    entry.address = address;
  }
  Py_XINCREF(entry.object.get());
  return entry.object.get();
}

const SocketAddress* AddressCache::origin(PyObject* tuple) const {
  if (!PyTuple_CheckExact(tuple))
    return nullptr;
  for (const Entry& entry : entries_) {
    if (entry.object.get() == tuple)
      return &entry.address;
  }
  return nullptr;
}

int AddressCache::traverse(visitproc visit, void* arg) const {
  for (const Entry& entry : entries_) Py_VISIT(entry.object.get());
  return 0;
}

bool start_receiving(DatagramObject* self) {
  if (!renew_context(self, self->read_context))
    return false;
  int error = 0;
  loop::FdWatcher* watcher = loop_of(self).watchers().open(static_cast<int>(self->fd), error);
  if (watcher != nullptr) {
    Py_INCREF(self);
    error = watcher->set_reader(&self->parts->on_readable);
  }
  if (error == 0)
    return true;
  set_loop_error(error);
  return false;
}

namespace {

/// As _read_ready(): an error of the kernel's, an ICMP message it may be, is the protocol's to know.
void receive_failed(DatagramObject* self, int error) {
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  const PyRef exception = take_exception();
  const PyRef loop = PyRef::borrow(as_object(self->loop));
  if (!call_protocol(self, CallbackKind::error_received, runtime().error_received, exception.get(), nullptr,
                     &self->parts->on_readable))
    report_raised_by(as_loop(loop.get()), self, runtime().error_received);
}

void deliver(DatagramObject* self, PyObject* data, PyObject* from) {
  const PyRef loop = PyRef::borrow(as_object(self->loop));
  if (!call_protocol(self, CallbackKind::datagram_received, runtime().datagram_received, data, from,
                     &self->parts->on_readable))
    report_raised_by(as_loop(loop.get()), self, runtime().datagram_received);
}

/// From this size on a copy costs more than an object that is received into.
constexpr Py_ssize_t kManyBytes = 16 * 1024;

ReceiveTarget target_for(DatagramObject* self) {
  Buffers& buffers = self->loop->state->buffers;
  return {self->last_received < kManyBytes ? buffers.large() : nullptr,
          self->family == AF_UNIX ? kMostBytes : kMostIpBytes, &buffers.recycled};
}

enum class Got : std::uint8_t { datagram, nothing, failure };

/// In the trace a callback waits from when it is known that there is something to call it for.
void note_ready(DatagramObject* self) {
  tracer::Recorder& recorder = loop_of(self).recorder();
  self->parts->on_readable.set_ready_ticks(recorder.callbacks() ? recorder.ticks() : 0);
}

enum class Known : std::uint8_t { by_poll, not_yet };

/// Receives one datagram, if there is one, and tells the protocol; or tells it of the error that came instead.
Got receive(DatagramObject* self, Known known) {
  const PyRef loop = PyRef::borrow(as_object(self->loop));
  const Py_ssize_t most = self->family == AF_UNIX ? kMostBytes : kMostIpBytes;
  ReceiveTarget to(target_for(self));
  SocketAddress from;  // NOLINT(cppcoreguidelines-pro-type-member-init): the kernel fills it
  from.size = 0;
  ssize_t count = -1;
  if (to.data() != nullptr) {
    count = uninterrupted([&] {
      from.size = sizeof from.storage;
      return ::recvfrom(static_cast<int>(self->fd), to.data(), static_cast<std::size_t>(most), MSG_DONTWAIT,
                        reinterpret_cast<sockaddr*>(&from.storage), &from.size);
    });
    const bool closed_meanwhile = known == Known::not_yet && errno == EBADF;  // a poll would be silent
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || closed_meanwhile))
      return Got::nothing;
    if (known == Known::not_yet)
      note_ready(self);
    if (count < 0) {
      receive_failed(self, errno);
      return Got::failure;
    }
    loop_of(self).recorder().bytes_read(parts_of(self).id, static_cast<std::uint64_t>(count));
  }
  ReceiveTarget::Message message{};
  if (count >= 0) {
    self->last_received = count;
    message = to.take(count);
  }
  const PyRef address = PyRef::steal(message.bytes != nullptr ? parts_of(self).addresses.find(from) : nullptr);
  if (address)
    deliver(self, message.bytes, address.get());
  else
    fatal(self, as_loop(loop.get()), "Fatal read error on datagram transport");
  if (message.bytes != nullptr)
    as_loop(loop.get())->state->buffers.recycled.give_back(message.bytes, message.room);
  return address ? Got::datagram : Got::failure;
}

bool may_receive(DatagramObject* self) {
  return stage_of(self) == Stage::open && self->paused == 0;
}

/// The poll would only say that there is another datagram: this asks the socket itself.
bool may_receive_on(DatagramObject* self, PyObject* context, std::int64_t until_ns) {
  if (!may_receive(self) || self->read_context != context)
    return false;
  loop_of(self).callback_returned();
  const loop::FdWatcher* watcher = loop_of(self).watchers().find(static_cast<int>(self->fd));
  return watcher != nullptr && loop_of(self).next_poll_is_only_for(*watcher, until_ns);
}

void receive_on(DatagramObject* self) {
  Eagerness& eagerness = parts_of(self).eagerness;
  if (!eagerness.tries())
    return;
  PyObject* context = self->read_context;
  const std::int64_t until_ns = loop::Loop::without_poll_until_ns();
  for (int count = 0; count < kMostWithoutPoll && may_receive_on(self, context, until_ns); ++count) {
    const Got got = receive(self, Known::not_yet);
    if (count == 0)
      eagerness.tried(got == Got::nothing);
    if (got != Got::datagram)
      return;
  }
}

}  // namespace

void datagram_readable(DatagramObject* self) {
  if (!may_receive(self))
    return;
  const Got got = receive(self, Known::by_poll);
  if (got == Got::datagram)
    return receive_on(self);
  if (got == Got::nothing) {
    if (loop::FdWatcher* watcher = loop_of(self).watchers().find(static_cast<int>(self->fd)))
      watcher->false_alarm();
  }
}

}  // namespace loopscope::bindings

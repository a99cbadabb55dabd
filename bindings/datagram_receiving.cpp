#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "bindings/datagram_object.h"
#include "bindings/receive_buffer.h"
#include "bindings/runtime.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

constexpr Py_ssize_t kMostBytes = 256 * 1024;  // asyncio's max_size
constexpr Py_ssize_t kMostIpBytes = 64 * 1024;

std::size_t slot_of(const SocketAddress& address) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(&address.storage);
  std::size_t hash = address.size;
  for (socklen_t i = 0; i < address.size; ++i) hash = hash * 31 + bytes[i];
  return hash;
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

int AddressCache::traverse(visitproc visit, void* arg) const {
  for (const Entry& entry : entries_) Py_VISIT(entry.object.get());
  return 0;
}

bool start_receiving(DatagramObject* self) {
  PyObject* context = PyContext_CopyCurrent();
  if (context == nullptr)
    return false;
  Py_XSETREF(self->read_context, context);
  int error = 0;
  loop::FdWatcher* watcher = loop_of(self).watcher(static_cast<int>(self->fd), error);
  if (watcher != nullptr) {
    Py_INCREF(self);
    error = watcher->set_reader(&self->parts->on_readable);
  }
  if (error == 0)
    return true;
  errno = -error;
  PyErr_SetFromErrno(PyExc_OSError);
  return false;
}

void stop_receiving(DatagramObject* self) {
  if (loop::FdWatcher* watcher = loop_of(self).find_watcher(static_cast<int>(self->fd)))
    watcher->set_reader(nullptr);
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
    report_raised(reinterpret_cast<LoopObject*>(loop.get()), self, runtime().error_received);
}

void deliver(DatagramObject* self, PyObject* data, PyObject* from) {
  const PyRef loop = PyRef::borrow(as_object(self->loop));
  if (!call_protocol(self, CallbackKind::datagram_received, runtime().datagram_received, data, from,
                     &self->parts->on_readable))
    report_raised(reinterpret_cast<LoopObject*>(loop.get()), self, runtime().datagram_received);
}

}  // namespace

void datagram_readable(DatagramObject* self) {
  if (self->connection_lost_count > 0 || self->loop == nullptr || self->closing != 0 || self->paused != 0)
    return;
  const Py_ssize_t most = self->family == AF_UNIX ? kMostBytes : kMostIpBytes;
  ReceiveBuffer to(*self->loop->state, most, self->last_received);
  SocketAddress from{};
  ssize_t count = -1;
  if (to.data() != nullptr) {
    count = uninterrupted([&] {
      from.size = sizeof from.storage;
      return ::recvfrom(static_cast<int>(self->fd), to.data(), static_cast<std::size_t>(most), MSG_DONTWAIT,
                        reinterpret_cast<sockaddr*>(&from.storage), &from.size);
    });
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      if (loop::FdWatcher* watcher = loop_of(self).find_watcher(static_cast<int>(self->fd)))
        watcher->false_alarm();
      return;
    }
    if (count < 0)
      return receive_failed(self, errno);
    loop_of(self).recorder().bytes_read(self->handle_id, static_cast<std::uint64_t>(count));
  }
  const PyRef data = PyRef::steal(count >= 0 ? to.take(count) : nullptr);
  const PyRef address = PyRef::steal(data ? self->parts->addresses.find(from) : nullptr);
  if (address)
    deliver(self, data.get(), address.get());
  else if (!fatal(self, "Fatal read error on datagram transport"))
    PyErr_WriteUnraisable(as_object(self));
}

}  // namespace loopscope::bindings

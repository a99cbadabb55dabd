#include <sys/socket.h>

#include <cerrno>
#include <cstdint>

#include "bindings/datagram/datagram_object.h"
#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/receive_target.h"
#include "bindings/kit/runtime.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

constexpr Py_ssize_t kMostBytes = 256 * 1024;  // asyncio's max_size
constexpr Py_ssize_t kMostIpBytes = 64 * 1024;
/// From this size on a copy costs more than an object that is received into.
constexpr Py_ssize_t kManyBytes = 16 * 1024;

Py_ssize_t most_of(const DatagramObject* self) {
  return self->family == AF_UNIX ? kMostBytes : kMostIpBytes;
}

ReceiveTarget target_for(DatagramObject* self) {
  Buffers& buffers = self->loop->state->buffers;
  return {self->last_received < kManyBytes ? buffers.large() : nullptr, most_of(self), &buffers.recycled};
}

}  // namespace

bool start_receiving(DatagramObject* self) {
  if (!renew_context(self, self->read_context))
    return false;
  Py_INCREF(self);
  const int error = socket_of(self).start_receiving(self->parts->on_readable);
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

enum class Got : std::uint8_t { datagram, nothing, failure };

/// Receives one datagram, if there is one, and tells the protocol; or tells it of the error that came instead. `unpolled` is null
/// if the poll said that there is one.
Got receive(DatagramObject* self, loop::Datagram::Unpolled* unpolled) {
  const PyRef loop = PyRef::borrow(as_object(self->loop));
  ReceiveTarget to(target_for(self));
  SocketAddress from;  // NOLINT(cppcoreguidelines-pro-type-member-init): the kernel fills it
  ReceiveTarget::Message message{};
  if (to.data() != nullptr) {
    const loop::Datagram::Target target{to.data(), static_cast<std::size_t>(most_of(self)), from.storage,
                                        from.size};
    const ssize_t result = unpolled != nullptr ? unpolled->receive(target, self->parts->on_readable)
                                               : socket_of(self).receive(target);
    if (result == -EAGAIN)
      return Got::nothing;
    if (result < 0) {
      receive_failed(self, static_cast<int>(-result));
      return Got::failure;
    }
    self->last_received = result;
    message = to.take(result);
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

}  // namespace

void datagram_readable(DatagramObject* self) {
  if (!may_receive(self) || receive(self, nullptr) != Got::datagram)
    return;
  const PyObject* context = self->read_context;
  loop::Datagram::Unpolled unpolled(socket_of(self));
  while (may_receive(self) && self->read_context == context && unpolled.expects_more()) {
    if (receive(self, &unpolled) != Got::datagram)
      return;
  }
}

}  // namespace loopscope::bindings

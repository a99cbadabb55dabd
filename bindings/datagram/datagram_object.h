#pragma once
/// What the files of the datagram transport share: the object's fields, its parts, and how they call each other.
///
///     datagram_transport.cpp   the type: attaching to a socket, what Python sees
///     datagram_receiving.cpp   from the kernel to the protocol: one datagram a poll, as asyncio, whether the poll is made or
///                              left out because it could bring nothing but the next datagram
///     datagram_sending.cpp     from sendto() to the kernel
///
/// Thread: the loop's, with the GIL. Errors: functions that answer bool or PyObject* set a Python exception; the
/// others report what goes wrong themselves.

#include <Python.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>

#include "bindings/eventloop/loop_object.h"
#include "bindings/eventloop/protocol_span.h"
#include "bindings/eventloop/transport_base.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/socket_address.h"

namespace loopscope::bindings {

struct DatagramObject;

/// The addresses that datagrams came from lately, as Python sees them: most come from few.
class AddressCache {
 public:
  /// A new reference; null with an exception set.
  PyObject* find(const SocketAddress& address);
  /// The address that find() made this very tuple from; null if it did not, or did so long ago. A program that answers
  /// sends to the tuple it was given.
  [[nodiscard]] const SocketAddress* origin(PyObject* tuple) const;
  int traverse(visitproc visit, void* arg) const;

 private:
  struct Entry {
    SocketAddress address{};
    PyRef object;
  };
  std::array<Entry, 16> entries_;
};

/// Whether to try for another datagram without a poll. A lucky try saves a poll, and one in vain costs a system call like that
/// poll. So after a try in vain the next chances go by, more of them each time.
class Eagerness {
 public:
  [[nodiscard]] bool tries() {
    if (left_out_ == 0)
      return true;
    --left_out_;
    return false;
  }
  void tried(bool in_vain) { left_out_ = wait_ = in_vain ? std::min(2 * wait_ + 1, kMost) : 0; }

 private:
  static constexpr int kMost = 31;
  int wait_ = 0;  ///< how many go by after a try in vain
  int left_out_ = 0;
};

/// The C++ parts of a datagram transport.
class DatagramParts final : public TransportParts {
 public:
  explicit DatagramParts(DatagramObject* owner);
  void stop_receiving() override;
  void stop_sending() override;
  [[nodiscard]] bool has_unsent() const override { return !queue.empty(); }
  [[nodiscard]] Py_ssize_t unsent_bytes() const override { return queued_bytes; }
  /// The count stays, as asyncio's does.
  void drop_unsent() override { queue.clear(); }
  [[nodiscard]] std::uint64_t handle_id() const override { return id; }

  struct Waiting {
    PyRef data;  ///< bytes
    PyRef to;    ///< None on a connected socket
  };
  DatagramObject* owner;
  std::uint64_t id = 0;         ///< in the trace
  Py_ssize_t queued_bytes = 0;  ///< of what waits to be sent, with what each datagram counts for beside its data
  std::deque<Waiting> queue;
  AddressCache addresses;
  Eagerness eagerness;
};

/// The peer that a socket is connected to. A peer without a name is the other end of a Unix socket pair.
enum class Peer : char { none, unnamed, named };

struct DatagramObject : TransportBase {
  PyObject* address;        ///< asyncio's _address: where all goes; null if it is not fixed
  Py_ssize_t header_bytes;  ///< what each datagram that waits counts for beside its data
  Py_ssize_t last_received;
  int family;
  Peer peer;
  char sends_empty;
};

inline DatagramObject* as_datagram(PyObject* object) {
  return reinterpret_cast<DatagramObject*>(object);
}
inline DatagramParts& parts_of(DatagramObject* self) {
  return *static_cast<DatagramParts*>(self->parts);
}
inline loop::Loop& loop_of(DatagramObject* self) {
  return self->loop->state->loop;
}

// -- datagram_transport.cpp

/// Calls a method of the protocol: a span in the trace. Null with an exception set.
PyRef call_protocol(DatagramObject* self, tracer::CallbackKind kind, PyObject* method, PyObject* first,
                    PyObject* second, const loop::Callback* cause);

// -- datagram_receiving.cpp

void datagram_readable(DatagramObject* self);
bool start_receiving(DatagramObject* self);

// -- datagram_sending.cpp

void datagram_writable(DatagramObject* self);
PyObject* datagram_sendto(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords);

}  // namespace loopscope::bindings

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

#include <cstdint>
#include <deque>

#include "bindings/datagram/address_cache.h"
#include "bindings/eventloop/loop_object.h"
#include "bindings/eventloop/protocol_span.h"
#include "bindings/eventloop/transport_base.h"
#include "bindings/kit/py_ref.h"
#include "loop/datagram.h"

namespace loopscope::bindings {

struct DatagramObject;

/// The C++ parts of a datagram transport.
class DatagramParts final : public TransportParts {
 public:
  explicit DatagramParts(DatagramObject* owner);
  void stop_receiving() override { socket.stop_receiving(); }
  void stop_sending() override { socket.stop_sending(); }
  [[nodiscard]] bool has_unsent() const override { return !queue.empty(); }
  [[nodiscard]] Py_ssize_t unsent_bytes() const override { return queued_bytes; }
  /// The count stays, as asyncio's does.
  void drop_unsent() override { queue.clear(); }
  [[nodiscard]] std::uint64_t handle_id() const override { return socket.handle_id(); }

  struct Waiting {
    PyRef data;  ///< bytes
    PyRef to;    ///< None on a connected socket
  };
  loop::Datagram socket;
  Py_ssize_t queued_bytes = 0;  ///< of what waits to be sent, with what each datagram counts for beside its data
  std::deque<Waiting> queue;
  AddressCache addresses;
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
inline loop::Datagram& socket_of(DatagramObject* self) {
  return parts_of(self).socket;
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

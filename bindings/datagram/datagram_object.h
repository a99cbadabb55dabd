#pragma once
/// What the files of the datagram transport share: the object's fields, its callbacks, and how they call each other.
///
///     datagram_transport.cpp   the type: attaching to a socket, closing, what Python sees
///     datagram_receiving.cpp   from the kernel to the protocol: one datagram a poll, as asyncio, whether the poll is made or
///                              left out because it could bring nothing but the next datagram
///     datagram_sending.cpp     from sendto() to the kernel, flow control
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
#include "bindings/eventloop/py_callback.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/socket_address.h"

namespace loopscope::bindings {

struct DatagramObject;

/// The transport became readable, or writable, or may begin. Records no span of its own: a ProtocolSpan says which method
/// of the protocol was called.
class DatagramCallback final : public PyCallback {
 public:
  using Action = void (*)(DatagramObject*);
  DatagramCallback(DatagramObject* owner, Action action, tracer::CallbackKind kind)
      : PyCallback(true), owner_(owner), action_(action), kind_(kind) {}
  void retain() override { Py_INCREF(owner_); }
  void drop() override { Py_DECREF(owner_); }
  void run() override;
  [[nodiscard]] PyObject* held() override { return reinterpret_cast<PyObject*>(owner_); }
  loop::Description describe(tracer::Recorder& recorder) override;

 private:
  DatagramObject* owner_;
  Action action_;
  tracer::CallbackKind kind_;
};

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

/// The C++ parts of a transport; made when it is attached to its socket.
struct DatagramParts {
  explicit DatagramParts(DatagramObject* owner);
  struct Waiting {
    PyRef data;  ///< bytes
    PyRef to;    ///< None on a connected socket
  };
  std::deque<Waiting> queue;
  AddressCache addresses;
  Eagerness eagerness;
  DatagramCallback on_start;
  DatagramCallback on_readable;
  DatagramCallback on_writable;
};

/// The peer that a socket is connected to. A peer without a name is the other end of a Unix socket pair.
enum class Peer : char { none, unnamed, named };

struct DatagramObject {
  PyObject_HEAD PyObject*
      attributes;           ///< a dict of what the program sets, made when it does; where asyncio has _extra
  PyObject* base_slots[5];  ///< of asyncio.transports._FlowControlMixin, unused
  DatagramParts* parts;
  LoopObject* loop;
  PyObject* extra;
  PyObject* sock;
  PyObject* protocol;
  PyObject* address;  ///< asyncio's _address: where all goes; null if it is not fixed
  PyObject* waiter;   ///< of create_datagram_endpoint(): done once connection_made() has run
  PyObject* read_context;
  PyObject* write_context;
  PyObject* weak_references;
  std::uint64_t handle_id;
  Py_ssize_t fd;
  Py_ssize_t high_water;
  Py_ssize_t low_water;
  Py_ssize_t connection_lost_count;  ///< asyncio's _conn_lost
  Py_ssize_t buffered_bytes;         ///< of what waits to be sent
  Py_ssize_t header_bytes;           ///< what each datagram that waits counts for beside its data
  Py_ssize_t last_received;
  int family;
  Peer peer;
  char sends_empty;
  char closing;
  char paused;
  char protocol_paused;
  char protocol_connected;
};

inline DatagramObject* as_datagram(PyObject* object) {
  return reinterpret_cast<DatagramObject*>(object);
}
inline PyObject* as_object(DatagramObject* self) {
  return reinterpret_cast<PyObject*>(self);
}
inline loop::Loop& loop_of(DatagramObject* self) {
  return self->loop->state->loop;
}

// -- datagram_transport.cpp

/// Calls a method of the protocol: a span in the trace. Null with an exception set.
PyRef call_protocol(DatagramObject* self, tracer::CallbackKind kind, PyObject* method, PyObject* first,
                    PyObject* second, const loop::Callback* cause);
/// The exception that is set was raised by the protocol in a callback of the loop's.
void report_raised(LoopObject* loop, DatagramObject* self, PyObject* method);
/// The exception that is set ends the transport, as _SelectorTransport._fatal_error. False if that raises.
bool fatal(DatagramObject* self, const char* message);
PyObject* datagram_connection_lost(PyObject* object, PyObject* exception);
void stop_sending(DatagramObject* self);

// -- datagram_receiving.cpp

void datagram_readable(DatagramObject* self);
bool start_receiving(DatagramObject* self);
void stop_receiving(DatagramObject* self);

// -- datagram_sending.cpp

void datagram_writable(DatagramObject* self);
/// False with an exception set that has to leave the loop.
bool pause_protocol_if_full(DatagramObject* self);
PyObject* datagram_sendto(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords);

}  // namespace loopscope::bindings

#pragma once
/// What the files of the stream transport share: the object's fields, its parts, and how they call each other.
///
///     stream_transport.cpp   the type: attaching to a socket, what Python sees
///     stream_reading.cpp     from the kernel to the protocol
///     stream_writing.cpp     from write() to the kernel
///     stream_closing.cpp     errors, and what a transport lets go of
///
/// Thread: the loop's, with the GIL. Errors: functions that answer bool or PyObject* set a Python exception; the
/// others report what goes wrong themselves.

#include <Python.h>
#include <sys/types.h>

#include "bindings/eventloop/loop_object.h"
#include "bindings/eventloop/protocol_span.h"
#include "bindings/eventloop/transport_base.h"
#include "bindings/kit/feed.h"
#include "bindings/kit/socket_facts.h"
#include "loop/stream.h"

namespace loopscope::bindings {

struct TransportObject;

/// The C++ parts of a stream's transport.
class StreamParts final : public TransportParts {
 public:
  StreamParts(TransportObject* owner, loop::Loop& loop, int fd);
  void stop_receiving() override { stream.stop_reading(); }
  void stop_sending() override { stream.stop_writing(); }
  [[nodiscard]] bool has_unsent() const override { return stream.queued_bytes() > 0; }
  [[nodiscard]] Py_ssize_t unsent_bytes() const override { return static_cast<Py_ssize_t>(stream.queued_bytes()); }
  void drop_unsent() override { stream.clear_queue(); }
  [[nodiscard]] std::uint64_t handle_id() const override { return stream.handle_id(); }

  loop::Stream stream;
};

/// `extra` is null until somebody asks, or has what is not among the facts.
struct TransportObject : TransportBase {
  PyObject* server;
  PyObject* empty_waiter;  ///< of sendfile(): done once everything is written
  Py_ssize_t last_read;
  const Feed* feed;  ///< the protocol's, if it takes bytes from the loop's buffer
  char buffered;     ///< the protocol is a BufferedProtocol
  char eof;          ///< write_eof() was called
  SocketFacts facts;
};

inline TransportObject* as_transport(PyObject* object) {
  return reinterpret_cast<TransportObject*>(object);
}
inline loop::Stream& stream_of(TransportObject* self) {
  return static_cast<StreamParts*>(self->parts)->stream;
}

/// A call of one of the protocol's methods, for its ProtocolSpan.
ProtocolSpan::Call span_of(TransportObject* self, tracer::CallbackKind kind, PyObject* method,
                           const loop::Callback* cause);

// -- stream_closing.cpp

void fatal_errno(TransportObject* self, int error, const char* message);
/// True if a negative errno only says: not now.
bool would_block(ssize_t result);
/// It has the descriptor no longer, as far as Loop._transports knows.
void leave_table(TransportObject* self);
/// Forgets the descriptor and lets go of everything but the facts. transport.py's _finish() closes the socket.
PyObject* detach(PyObject* object, PyObject* none);

// -- stream_reading.cpp

void read_ready(TransportObject* self);
bool start_reading(TransportObject* self);

// -- stream_writing.cpp

void write_ready(TransportObject* self);
PyObject* write(PyObject* object, PyObject* data);
PyObject* write_eof(PyObject* object, PyObject* none);

}  // namespace loopscope::bindings

#pragma once
/// What the files of the stream transport share: the object's fields, its callbacks, and how they call each other.
///
///     stream_transport.cpp   the type: attaching to a socket, what Python sees
///     stream_reading.cpp     from the kernel to the protocol
///     stream_writing.cpp     from write() to the kernel, flow control
///     stream_closing.cpp     errors, close(), abort(), connection_lost()
///
/// Thread: the loop's, with the GIL. Errors: functions that answer bool or PyObject* set a Python exception; the
/// others report what goes wrong themselves.

#include <Python.h>
#include <sys/types.h>

#include "bindings/eventloop/loop_object.h"
#include "bindings/eventloop/protocol_span.h"
#include "bindings/eventloop/py_callback.h"
#include "bindings/kit/feed.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/socket_facts.h"
#include "loop/stream.h"

namespace loopscope::bindings {

struct TransportObject;
using Action = void (*)(TransportObject*);

/// One of a transport's own callbacks: the transport became readable, or writable, or may begin. It records no span of
/// its own: a ProtocolSpan says which method of the protocol was called, and for how long.
class TransportCallback final : public PyCallback {
 public:
  TransportCallback(TransportObject* owner, Action action, tracer::CallbackKind kind)
      : PyCallback(true), owner_(owner), action_(action), kind_(kind) {}
  void retain() override { Py_INCREF(owner_); }
  void drop() override { Py_DECREF(owner_); }
  void run() override;
  [[nodiscard]] PyObject* held() override { return reinterpret_cast<PyObject*>(owner_); }
  loop::Description describe(tracer::Recorder& recorder) override;
  void set_kind(tracer::CallbackKind kind) { kind_ = kind; }

 private:
  TransportObject* owner_;
  Action action_;
  tracer::CallbackKind kind_;
};

/// The C++ parts of a transport; made when it is attached to its socket.
struct Parts {
  Parts(TransportObject* owner, loop::Loop& loop, int fd);
  loop::Stream stream;
  TransportCallback on_start;
  TransportCallback on_readable;
  TransportCallback on_writable;
};

struct TransportObject {
  PyObject_HEAD PyObject*
      attributes;           ///< a dict of what the program sets, made when it does; where asyncio has _extra
  PyObject* base_slots[5];  ///< of asyncio.transports._FlowControlMixin, unused
  Parts* parts;
  LoopObject* loop;
  PyObject* extra;  ///< once somebody asked, or what is not among the facts
  PyObject* sock;
  PyObject* protocol;
  PyObject* server;
  PyObject* waiter;        ///< of create_connection(): done once connection_made() has run
  PyObject* empty_waiter;  ///< of sendfile(): done once everything is written
  PyObject* context;  ///< of all its callbacks, from Python 3.15 on; null: of whoever makes, resumes or writes
  PyObject* read_context;
  PyObject* write_context;
  PyObject* weak_references;
  Py_ssize_t fd;
  Py_ssize_t high_water;
  Py_ssize_t low_water;
  Py_ssize_t connection_lost_count;  ///< asyncio's _conn_lost
  Py_ssize_t last_read;
  const Feed* feed;  ///< the protocol's, if it takes bytes from the loop's buffer
  char buffered;     ///< the protocol is a BufferedProtocol
  char closing;
  char eof;  ///< write_eof() was called
  char paused;
  char protocol_paused;
  char protocol_connected;
  SocketFacts facts;
};

inline TransportObject* as_transport(PyObject* object) {
  return reinterpret_cast<TransportObject*>(object);
}
inline PyObject* as_object(TransportObject* self) {
  return reinterpret_cast<PyObject*>(self);
}
/// The context that a callback which is scheduled now will run in: a new reference, null with an exception set.
inline PyObject* new_context(TransportObject* self) {
  Py_XINCREF(self->context);
  return self->context != nullptr ? self->context : PyContext_CopyCurrent();
}
inline loop::Stream& stream_of(TransportObject* self) {
  return self->parts->stream;
}

/// A call of one of the protocol's methods, for its ProtocolSpan.
ProtocolSpan::Call span_of(TransportObject* self, tracer::CallbackKind kind, PyObject* method,
                           const loop::Callback* cause);

// -- stream_closing.cpp

/// The exception that is set ends the connection, as _SelectorTransport._fatal_error. `loop` is the transport's; the program's code
/// may have ended the transport by now, which then has none.
void fatal(TransportObject* self, LoopObject* loop, const char* message);
void fatal_errno(TransportObject* self, int error, const char* message);
/// True if a negative errno only says: not now.
bool would_block(ssize_t result);
bool force_close(TransportObject* self, PyObject* exception);
bool close_transport(TransportObject* self);
PyObject* call_connection_lost(PyObject* object, PyObject* exception);
/// It has the descriptor no longer, as far as Loop._transports knows.
void leave_table(TransportObject* self);
/// Forgets the descriptor and lets go of everything but the facts. transport.py's _finish() closes the socket.
PyObject* detach(PyObject* object, PyObject* none);

// -- stream_reading.cpp

void read_ready(TransportObject* self);
bool start_reading(TransportObject* self);

// -- stream_writing.cpp

void write_ready(TransportObject* self);
/// False with an exception set that has to leave the loop.
bool pause_protocol_if_full(TransportObject* self);
PyObject* write(PyObject* object, PyObject* data);
PyObject* write_eof(PyObject* object, PyObject* none);

}  // namespace loopscope::bindings

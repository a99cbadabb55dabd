#pragma once
/// What the files of TLS share: the two objects' fields, and how the files call each other.
///
///     tls_protocol.cpp    the protocol's type: what Python sees, and which work is native
///     tls_reading.cpp     from the socket to the application's protocol
///     tls_writing.cpp     from the application's write() to the socket, flow control
///     tls_transport.cpp   the transport that the application writes to
///     tls_runtime.cpp     what is needed of asyncio.sslproto and ssl
///
/// The protocol is asyncio's own SSLProtocol: handshake, shutdown, timeouts and all that is rare are its methods,
/// inherited. What runs per message is native. The attributes that both sides use are fields here and properties there.
///
/// Thread: the loop's, with the GIL. Errors: a function that answers false or null has set a Python exception.

#include <Python.h>

#include "bindings/eventloop/loop_object.h"
#include "bindings/eventloop/protocol_span.h"
#include "bindings/kit/py_ref.h"
#include "bindings/tls/tls_runtime.h"

namespace loopscope::bindings {

/// A water mark: any number, as asyncio takes it, and what that is in bytes.
struct WaterMark {
  PyObject* number;
  Py_ssize_t bytes;
};

struct TlsObject {
  PyObject_HEAD PyObject* loop;
  PyObject* transport;  ///< below: what is encrypted goes there. None once it is lost
  PyObject* app_transport;
  PyObject* app_protocol;
  PyObject* get_buffer;  ///< the application's, if it is a BufferedProtocol
  PyObject* buffer_updated;
  PyObject* state;
  PyObject* app_state;
  PyObject* backlog;  ///< a deque of what is written before the handshake is done
  PyObject* incoming;
  PyObject* outgoing;
  PyObject* ssl_object;
  /// ssl_object's own C object, borrowed, while it and the memory BIOs are exactly the ssl module's and the loop is
  /// ours. Null otherwise (a context with an sslobject_class, a test's stand-in): then asyncio's Python methods work.
  PyObject* engine;
  WaterMark incoming_high;
  WaterMark incoming_low;
  WaterMark outgoing_high;
  WaterMark outgoing_low;
  Py_ssize_t backlog_bytes;
  char on_stream;  ///< the transport is a StreamTransport
  char app_is_buffered;
  char app_reading_paused;
  char app_writing_paused;
  char ssl_reading_paused;
  char ssl_writing_paused;
};

inline TlsObject* as_tls(PyObject* object) {
  return reinterpret_cast<TlsObject*>(object);
}
inline PyObject* as_object(TlsObject* self) {
  return reinterpret_cast<PyObject*>(self);
}
inline LoopObject* loop_of(TlsObject* self) {
  return reinterpret_cast<LoopObject*>(self->loop);
}

/// A call of one of the application's protocol's methods, for its ProtocolSpan. Needs an engine.
ProtocolSpan::Call app_call(TlsObject* self, tracer::CallbackKind kind, PyObject* method);

// -- tls_protocol.cpp

/// As `except Exception` around asyncio's reading and writing: an Exception ends the connection and is reported, true.
bool end_connection(TlsObject* self);
/// Bytes in a memory BIO; -1 with an exception set.
Py_ssize_t pending(PyObject* bio);
/// The exception that is set says that the engine needs more from the other side: clears it.
bool took_again();

// -- tls_reading.cpp

PyObject* do_read(PyObject* object, PyObject* none);

// -- tls_writing.cpp

bool process_outgoing(TlsObject* self);
/// As _write_appdata((data,)).
PyObject* write_one(TlsObject* self, PyObject* data);
PyObject* write_appdata(PyObject* object, PyObject* list);
PyObject* py_process_outgoing(PyObject* object, PyObject* none);
PyObject* py_control_app_writing(PyObject* object, PyObject* none);

// -- tls_transport.cpp

bool add_tls_transport_type(PyObject* module, PyTypeObject* protocol_type);

}  // namespace loopscope::bindings

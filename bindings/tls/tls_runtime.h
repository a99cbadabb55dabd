#pragma once
/// What the native half of TLS needs of asyncio.sslproto and ssl, looked up once when the module is imported.
/// Thread: the GIL. Owner: of its references, for ever. Errors: load_tls_runtime() sets a Python exception.

#include <Python.h>

namespace loopscope::bindings {

struct TlsRuntime {
  // members of SSLProtocolState and AppProtocolState
  PyObject* handshaking = nullptr;
  PyObject* wrapped = nullptr;
  PyObject* flushing = nullptr;
  PyObject* shutting_down = nullptr;

  PyObject* again_errors = nullptr;         ///< asyncio.sslproto.SSLAgainErrors, a tuple of exceptions
  PyTypeObject* ssl_object_type = nullptr;  ///< ssl.SSLObject
  PyTypeObject* engine_type = nullptr;      ///< _ssl._SSLSocket
  PyTypeObject* bio_type = nullptr;         ///< ssl.MemoryBIO
  getter bio_pending = nullptr;             ///< of MemoryBIO.pending
  // methods of the two, unbound: calling them looks nothing up
  PyObject* engine_read = nullptr;
  PyObject* engine_write = nullptr;
  PyObject* bio_read = nullptr;
  PyObject* bio_write = nullptr;

  // methods of asyncio's SSLProtocol, for what is not native
  PyObject* stock_do_read = nullptr;
  PyObject* stock_write_appdata = nullptr;
  PyObject* stock_process_outgoing = nullptr;
  PyObject* stock_control_app_writing = nullptr;

  PyObject* window = nullptr;   ///< a BufferWindow
  bool asks_transport = false;  ///< its transport asks the one below whether it is closing: from Python 3.14 on

  // interned strings
  PyObject* write = nullptr;
  PyObject* append = nullptr;
  PyObject* call_soon = nullptr;
  PyObject* do_read = nullptr;
  PyObject* do_write = nullptr;
  PyObject* do_handshake = nullptr;
  PyObject* do_flush = nullptr;
  PyObject* do_shutdown = nullptr;
  PyObject* call_eof_received = nullptr;
  PyObject* start_shutdown = nullptr;
  PyObject* is_closing = nullptr;
  PyObject* is_transport_closing = nullptr;
  PyObject* pause_reading = nullptr;
  PyObject* resume_reading = nullptr;
};

[[nodiscard]] const TlsRuntime& tls_runtime();
/// False with a Python exception set.
bool load_tls_runtime();

}  // namespace loopscope::bindings

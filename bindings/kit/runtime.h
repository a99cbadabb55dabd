#pragma once
/// What the bindings need of Python and asyncio, looked up once when the module is imported.
///
/// One per process: the module refuses sub-interpreters, so process-wide is interpreter-wide.
/// Thread: the GIL. Owner: of its references, for ever. Errors: load_runtime() sets a Python exception.

#include <Python.h>

namespace loopscope::bindings {

struct Runtime {
  PyObject* handle_type = nullptr;             ///< asyncio.Handle
  PyObject* timer_handle_type = nullptr;       ///< asyncio.TimerHandle
  PyObject* threadsafe_handle_type = nullptr;  ///< asyncio.events._ThreadSafeHandle; null before Python 3.14
  PyObject* transport_type = nullptr;          ///< asyncio.transports._FlowControlMixin, a Transport
  PyTypeObject* task_type = nullptr;           ///< _asyncio.Task, null if asyncio has no C tasks
  PyCFunction task_get_coro = nullptr;
  PyCFunction task_done = nullptr;
  PyCFunction task_get_name = nullptr;
  PyTypeObject* future_type = nullptr;  ///< _asyncio.Future, null if asyncio has no C futures
  PyCFunction future_done = nullptr;
  PyObject* extract_stack = nullptr;      ///< asyncio.format_helpers.extract_stack
  PyObject* format_callback = nullptr;    ///< loopscope.python_versions.format_callback
  PyObject* buffered_protocol = nullptr;  ///< asyncio.BufferedProtocol
  PyObject* set_result_unless_cancelled = nullptr;
  PyObject* base_create_future = nullptr;   ///< asyncio's function
  PyObject* base_get_extra_info = nullptr;  ///< asyncio's function
  PyObject* futures = nullptr;              ///< the module asyncio.futures: a program may put another Future there
  PyObject* loop_keyword = nullptr;         ///< ("loop",)
  PyObject* socket_type = nullptr;          ///< socket.socket
  PyObject* af_inet = nullptr;              ///< socket.AF_INET and so on: members of the module's enums
  PyObject* af_inet6 = nullptr;
  PyObject* sock_stream = nullptr;
  PyObject* sock_dgram = nullptr;
  PyObject* sock_raw = nullptr;
  PyObject* transport_socket = nullptr;  ///< asyncio.trsock.TransportSocket
  PyObject* base_protocol = nullptr;     ///< asyncio.BaseProtocol
  PyObject* base_transport = nullptr;    ///< asyncio.BaseTransport
  PyObject* partial_type = nullptr;      ///< functools.partial
  PyObject* get_frame = nullptr;         ///< sys._getframe

  // interned strings
  PyObject* context = nullptr;
  PyObject* create_future = nullptr;
  PyObject* time = nullptr;
  PyObject* call_at = nullptr;
  PyObject* future = nullptr;  ///< "Future"
  PyObject* done = nullptr;
  PyObject* set_result = nullptr;
  PyObject* set_exception = nullptr;
  PyObject* datagram_received = nullptr;
  PyObject* error_received = nullptr;
  PyObject* data_received = nullptr;
  PyObject* buffer_updated = nullptr;
  PyObject* get_buffer = nullptr;
  PyObject* eof_received = nullptr;
  PyObject* connection_made = nullptr;
  PyObject* connection_lost = nullptr;
  PyObject* pause_writing = nullptr;
  PyObject* resume_writing = nullptr;
  PyObject* call_exception_handler = nullptr;
  PyObject* fatal_error = nullptr;           ///< "_fatal_error"
  PyObject* call_connection_lost = nullptr;  ///< "_call_connection_lost"
  PyObject* peername = nullptr;
  PyObject* get_extra_info = nullptr;
  PyObject* handle_id = nullptr;  ///< "_handle_id"
};

[[nodiscard]] const Runtime& runtime();
/// False with a Python exception set.
bool load_runtime();

}  // namespace loopscope::bindings

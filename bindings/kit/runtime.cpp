#include "bindings/kit/runtime.h"

#include "bindings/kit/py_ref.h"

namespace loopscope::bindings {
namespace {

Runtime the_runtime;

PyObject* import_from(const char* module, const char* name) {
  const PyRef imported = PyRef::steal(PyImport_ImportModule(module));
  return imported ? PyObject_GetAttrString(imported.get(), name) : nullptr;
}

/// The C function behind a METH_NOARGS method of a C type, or null.
PyCFunction method_of(PyTypeObject* type, const char* name) {
  const PyRef descriptor = PyRef::steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), name));
  if (!descriptor || Py_TYPE(descriptor.get()) != &PyMethodDescr_Type) {
    PyErr_Clear();
    return nullptr;
  }
  const PyMethodDef* method = reinterpret_cast<PyMethodDescrObject*>(descriptor.get())->d_method;
  return method->ml_flags == METH_NOARGS ? method->ml_meth : nullptr;
}

void load_c_tasks(Runtime& it) {
  PyObject* task = import_from("_asyncio", "Task");
  if (task == nullptr) {
    PyErr_Clear();
    return;
  }
  it.task_type = reinterpret_cast<PyTypeObject*>(task);
  it.task_get_coro = method_of(it.task_type, "get_coro");
  it.task_done = method_of(it.task_type, "done");
  it.task_get_name = method_of(it.task_type, "get_name");
  PyObject* future = import_from("_asyncio", "Future");
  if (future == nullptr) {
    PyErr_Clear();
    return;
  }
  it.future_type = reinterpret_cast<PyTypeObject*>(future);
  it.future_done = method_of(it.future_type, "done");
}

}  // namespace

const Runtime& runtime() {
  return the_runtime;
}

bool load_runtime() {
  Runtime& it = the_runtime;
  if (it.handle_type != nullptr)
    return true;
  struct Import {
    PyObject** slot;
    const char* module;
    const char* name;
  };
  const Import imports[] = {
      {&it.timer_handle_type, "asyncio", "TimerHandle"},
      {&it.transport_type, "asyncio.transports", "_FlowControlMixin"},
      {&it.extract_stack, "asyncio.format_helpers", "extract_stack"},
      {&it.format_callback, "loopscope.python_versions", "format_callback"},
      {&it.buffered_protocol, "asyncio", "BufferedProtocol"},
      {&it.set_result_unless_cancelled, "asyncio.futures", "_set_result_unless_cancelled"},
      {&it.socket_type, "socket", "socket"},
      {&it.af_inet, "socket", "AF_INET"},
      {&it.af_inet6, "socket", "AF_INET6"},
      {&it.sock_stream, "socket", "SOCK_STREAM"},
      {&it.sock_dgram, "socket", "SOCK_DGRAM"},
      {&it.sock_raw, "socket", "SOCK_RAW"},
      {&it.transport_socket, "asyncio.trsock", "TransportSocket"},
      {&it.base_protocol, "asyncio", "BaseProtocol"},
      {&it.base_transport, "asyncio", "BaseTransport"},
      {&it.partial_type, "functools", "partial"},
      {&it.get_frame, "sys", "_getframe"},
      {&it.handle_type, "asyncio", "Handle"},
  };
  for (const Import& import : imports) {
    if ((*import.slot = import_from(import.module, import.name)) == nullptr)
      return false;
  }
  struct Intern {
    PyObject** slot;
    const char* text;
  };
  const Intern strings[] = {
      {&it.context, "context"},
      {&it.create_future, "create_future"},
      {&it.time, "time"},
      {&it.call_at, "call_at"},
      {&it.future, "Future"},
      {&it.done, "done"},
      {&it.set_result, "set_result"},
      {&it.set_exception, "set_exception"},
      {&it.datagram_received, "datagram_received"},
      {&it.error_received, "error_received"},
      {&it.data_received, "data_received"},
      {&it.buffer_updated, "buffer_updated"},
      {&it.get_buffer, "get_buffer"},
      {&it.eof_received, "eof_received"},
      {&it.connection_made, "connection_made"},
      {&it.connection_lost, "connection_lost"},
      {&it.pause_writing, "pause_writing"},
      {&it.resume_writing, "resume_writing"},
      {&it.call_exception_handler, "call_exception_handler"},
      {&it.fatal_error, "_fatal_error"},
      {&it.call_connection_lost, "_call_connection_lost"},
      {&it.peername, "peername"},
      {&it.get_extra_info, "get_extra_info"},
      {&it.handle_id, "_handle_id"},
  };
  for (const Intern& string : strings) {
    if ((*string.slot = PyUnicode_InternFromString(string.text)) == nullptr)
      return false;
  }
  if ((it.threadsafe_handle_type = import_from("asyncio.events", "_ThreadSafeHandle")) == nullptr)
    PyErr_Clear();
  load_c_tasks(it);
  const PyRef base_loop = PyRef::steal(import_from("asyncio", "BaseEventLoop"));
  it.base_create_future = base_loop ? PyObject_GetAttr(base_loop.get(), it.create_future) : nullptr;
  it.base_get_extra_info = PyObject_GetAttr(it.transport_type, it.get_extra_info);
  it.futures = PyImport_ImportModule("asyncio.futures");
  it.loop_keyword = Py_BuildValue("(N)", PyUnicode_InternFromString("loop"));
  return it.base_create_future != nullptr && it.base_get_extra_info != nullptr && it.futures != nullptr &&
         it.loop_keyword != nullptr;
}

}  // namespace loopscope::bindings

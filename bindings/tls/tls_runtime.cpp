#include "bindings/tls/tls_runtime.h"

#include <initializer_list>

#include "bindings/kit/buffer_window.h"
#include "bindings/kit/py_ref.h"

namespace loopscope::bindings {
namespace {

TlsRuntime the_runtime;

/// A dotted name, from a module on.
PyObject* find(const char* module, std::initializer_list<const char*> names) {
  PyRef found = PyRef::steal(PyImport_ImportModule(module));
  for (const char* name : names) {
    if (!found)
      return nullptr;
    found = PyRef::steal(PyObject_GetAttrString(found.get(), name));
  }
  return found.release();
}

PyTypeObject* find_type(const char* module, const char* name) {
  return reinterpret_cast<PyTypeObject*>(find(module, {name}));
}

bool load_types(TlsRuntime& it) {
  it.ssl_object_type = find_type("ssl", "SSLObject");
  it.engine_type = find_type("_ssl", "_SSLSocket");
  it.bio_type = find_type("ssl", "MemoryBIO");
  if (it.ssl_object_type == nullptr || it.engine_type == nullptr || it.bio_type == nullptr)
    return false;
  it.engine_read = find("_ssl", {"_SSLSocket", "read"});
  it.engine_write = find("_ssl", {"_SSLSocket", "write"});
  it.bio_read = find("ssl", {"MemoryBIO", "read"});
  it.bio_write = find("ssl", {"MemoryBIO", "write"});
  if (it.engine_read == nullptr || it.engine_write == nullptr || it.bio_read == nullptr || it.bio_write == nullptr)
    return false;
  const PyRef pending = PyRef::steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(it.bio_type), "pending"));
  if (!pending || Py_TYPE(pending.get()) != &PyGetSetDescr_Type)
    return false;
  it.bio_pending = reinterpret_cast<PyGetSetDescrObject*>(pending.get())->d_getset->get;
  return true;
}

bool load_stock(TlsRuntime& it) {
  const char* module = "asyncio.sslproto";
  it.handshaking = find(module, {"SSLProtocolState", "DO_HANDSHAKE"});
  it.wrapped = find(module, {"SSLProtocolState", "WRAPPED"});
  it.flushing = find(module, {"SSLProtocolState", "FLUSHING"});
  it.shutting_down = find(module, {"SSLProtocolState", "SHUTDOWN"});
  it.again_errors = find(module, {"SSLAgainErrors"});
  it.stock_do_read = find(module, {"SSLProtocol", "_do_read"});
  it.stock_write_appdata = find(module, {"SSLProtocol", "_write_appdata"});
  it.stock_process_outgoing = find(module, {"SSLProtocol", "_process_outgoing"});
  it.stock_control_app_writing = find(module, {"SSLProtocol", "_control_app_writing"});
  for (PyObject* found :
       {it.handshaking, it.wrapped, it.flushing, it.shutting_down, it.again_errors, it.stock_do_read,
        it.stock_write_appdata, it.stock_process_outgoing, it.stock_control_app_writing}) {
    if (found == nullptr)
      return false;
  }
  return true;
}

bool load_strings(TlsRuntime& it) {
  struct Intern {
    PyObject** slot;
    const char* text;
  };
  const Intern strings[] = {
      {&it.write, "write"},
      {&it.append, "append"},
      {&it.call_soon, "call_soon"},
      {&it.do_read, "_do_read"},
      {&it.do_write, "_do_write"},
      {&it.do_handshake, "_do_handshake"},
      {&it.do_flush, "_do_flush"},
      {&it.do_shutdown, "_do_shutdown"},
      {&it.call_eof_received, "_call_eof_received"},
      {&it.start_shutdown, "_start_shutdown"},
      {&it.is_closing, "is_closing"},
      {&it.is_transport_closing, "_is_transport_closing"},
      {&it.pause_reading, "pause_reading"},
      {&it.resume_reading, "resume_reading"},
  };
  for (const Intern& string : strings) {
    if ((*string.slot = PyUnicode_InternFromString(string.text)) == nullptr)
      return false;
  }
  return true;
}

}  // namespace

const TlsRuntime& tls_runtime() {
  return the_runtime;
}

bool load_tls_runtime() {
  TlsRuntime& it = the_runtime;
  const PyRef asking = PyRef::steal(find("asyncio.sslproto", {"SSLProtocol", "_is_transport_closing"}));
  it.asks_transport = static_cast<bool>(asking);
  PyErr_Clear();
  return load_types(it) && load_stock(it) && load_strings(it) && make_window_type() &&
         (it.window = new_window()) != nullptr;
}

}  // namespace loopscope::bindings

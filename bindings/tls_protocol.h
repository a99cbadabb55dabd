#pragma once
/// TLS on the loop: asyncio's SSLProtocol with a native half for what runs per message.
/// Thread: the loop's, with the GIL. Errors: Python exceptions.

#include <Python.h>

namespace loopscope::bindings {

/// True if a transport may feed() this protocol instead of calling get_buffer() and buffer_updated(), whenever it then
/// takes_feed().
[[nodiscard]] bool may_take_feed(PyObject* protocol);
[[nodiscard]] bool takes_feed(PyObject* protocol);
/// As buffer_updated() of a protocol that has just received these bytes. False with an exception set.
bool feed(PyObject* protocol, char* data, Py_ssize_t size_bytes);

/// The protocol that the program would name the connection after: the user's protocol inside TLS, otherwise `protocol` itself.
/// Borrowed.
[[nodiscard]] PyObject* users_protocol(PyObject* protocol);

/// Makes the types and adds them to `module`; without an ssl module, or before Python 3.11, there are none.
/// False with an exception set.
bool add_tls_types(PyObject* module);

}  // namespace loopscope::bindings

#pragma once
/// getaddrinfo() of a host that is an IP address already, and of a port that is a number. No server needs to be asked.
///
/// The C library answers on the caller's thread; the socket module would ask it, too. With AI_NUMERICHOST and
/// AI_NUMERICSERV it reads no file and asks no server. Thread: the GIL. Errors: Python exceptions.

#include <Python.h>

namespace loopscope::bindings {

/// literal_addresses(host, port, family, type, proto, flags): the list that socket.getaddrinfo() would return. None if that
/// function might have to ask a server, or would raise; the caller then calls it. It is audited as there.
PyObject* literal_addresses(PyObject* module, PyObject* const* args, Py_ssize_t count);

}  // namespace loopscope::bindings

#pragma once
/// getaddrinfo() of a host that is an IP address already, and of a port that is a number: nobody need be asked.
///
/// The C library answers, which the socket module would ask too, on the thread of the caller: with AI_NUMERICHOST and
/// AI_NUMERICSERV it looks into no file and asks no server. Thread: the GIL. Errors: Python exceptions.

#include <Python.h>

namespace loopscope::bindings {

/// literal_addresses(host, port, family, type, proto, flags): the list that socket.getaddrinfo() would answer, or None if
/// that might have to ask somebody, or would raise: then it is socket.getaddrinfo()'s to do so. It is audited as there.
PyObject* literal_addresses(PyObject* module, PyObject* const* args, Py_ssize_t count);

}  // namespace loopscope::bindings

#pragma once
/// Socket addresses between the kernel and Python, as the socket module writes and reads them.
///
/// It knows only the families that need no lookup: IPv4, IPv6 and Unix. Callers leave other families to the socket
/// module. Thread: the GIL. Errors: Python exceptions.

#include <Python.h>
#include <sys/socket.h>

namespace loopscope::bindings {

struct SocketAddress {
  sockaddr_storage storage;
  socklen_t size;
};

/// True for a family that python_address() knows.
[[nodiscard]] bool known_family(int family);

/// The kernel's address as Python's socket module shows it: ("127.0.0.1", 80), ("::1", 80, 0, 0), "/path", b"\0abstract", or
/// None for no address. A new reference; null with an exception set.
PyObject* python_address(const SocketAddress& address);

/// The kernel's form of `address` for a socket of `family`. False, without an exception, if that is not a tuple of a
/// literal IP address and a port: the socket module would look it up, or complain.
bool literal_address(PyObject* address, int family, SocketAddress& result);

}  // namespace loopscope::bindings

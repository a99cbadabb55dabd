#pragma once
/// What get_extra_info() tells of a connected socket. It stays in the kernel's form until a program asks, and becomes Python
/// objects then.
///
/// Most connections are never asked, and a dict, two tuples, two strings and two ints are half a KiB of each.
/// Thread: the GIL. Owner: of a reference to the socket, also once it is closed. Errors: Python exceptions.

#include <Python.h>
#include <netinet/in.h>

namespace loopscope::bindings {

class SocketFacts {
 public:
  /// Notes the addresses as they are now. If `extra` (a dict or None) has the peer's, it takes that. False, with
  /// nothing noted and without an exception, if they are not plain IP addresses or `extra` has other entries.
  bool note(PyObject* socket, int fd, PyObject* extra);
  /// A new dict with `peername`, `socket` and `sockname`; null with an exception set. Only after note() answered true.
  [[nodiscard]] PyObject* told() const;
  [[nodiscard]] bool noted() const { return socket_ != nullptr; }

  /// For the garbage collector.
  [[nodiscard]] PyObject* held() const { return socket_; }
  void clear() { Py_CLEAR(socket_); }

 private:
  union Address {
    sockaddr any;
    sockaddr_in ip4;
    sockaddr_in6 ip6;
  };

  static PyObject* python_form(const Address& address);

  PyObject* socket_;
  Address own_;
  Address peer_;
};

}  // namespace loopscope::bindings

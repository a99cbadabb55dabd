#include "bindings/kit/socket_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "bindings/kit/py_ref.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

namespace {

PyObject* ip4(const sockaddr_in& address) {
  char text[INET_ADDRSTRLEN];
  if (inet_ntop(AF_INET, &address.sin_addr, text, sizeof text) == nullptr)
    return PyErr_SetFromErrno(PyExc_OSError);
  return Py_BuildValue("(si)", text, static_cast<int>(ntohs(address.sin_port)));
}

PyObject* ip6(const sockaddr_in6& address) {
  char text[INET6_ADDRSTRLEN];
  if (inet_ntop(AF_INET6, &address.sin6_addr, text, sizeof text) == nullptr)
    return PyErr_SetFromErrno(PyExc_OSError);
  return Py_BuildValue("(siII)", text, static_cast<int>(ntohs(address.sin6_port)),
                       static_cast<unsigned int>(ntohl(address.sin6_flowinfo)),
                       static_cast<unsigned int>(address.sin6_scope_id));
}

PyObject* unix_path(const sockaddr_un& address, socklen_t size) {
  constexpr auto kBefore = static_cast<Py_ssize_t>(offsetof(sockaddr_un, sun_path));
  const Py_ssize_t length = static_cast<Py_ssize_t>(size) - kBefore;
  if (length > 0 && address.sun_path[0] == '\0')
    return PyBytes_FromStringAndSize(address.sun_path, length);  // the abstract namespace
  const std::size_t most = length > 0 ? static_cast<std::size_t>(length) : 0;
  return PyUnicode_DecodeFSDefaultAndSize(address.sun_path,
                                          static_cast<Py_ssize_t>(strnlen(address.sun_path, most)));
}

/// A small int of exactly that type, from `least` to `most`.
bool read_number(PyObject* object, long most, long& value) {
  if (!PyLong_CheckExact(object))
    return false;
  int overflow = 0;
  value = PyLong_AsLongAndOverflow(object, &overflow);
  return overflow == 0 && value >= 0 && value <= most;
}

bool read_host(PyObject* object, int family, void* binary) {
  if (!PyUnicode_CheckExact(object) || !PyUnicode_IS_ASCII(object))
    return false;
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(object, &size);
  return text != nullptr && static_cast<Py_ssize_t>(std::strlen(text)) == size &&
         inet_pton(family, text, binary) == 1;
}

bool read_ip6(PyObject* tuple, SocketAddress& result) {
  sockaddr_in6 address{};
  long port = 0, flow = 0, scope = 0;
  const Py_ssize_t count = PyTuple_GET_SIZE(tuple);
  if (count < 2 || count > 4 || !read_host(PyTuple_GET_ITEM(tuple, 0), AF_INET6, &address.sin6_addr) ||
      !read_number(PyTuple_GET_ITEM(tuple, 1), 0xFFFF, port) ||
      (count > 2 && !read_number(PyTuple_GET_ITEM(tuple, 2), 0xFFFFF, flow)) ||
      (count > 3 && !read_number(PyTuple_GET_ITEM(tuple, 3), 0xFFFFFFFF, scope)))
    return false;
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<std::uint16_t>(port));
  address.sin6_flowinfo = htonl(static_cast<std::uint32_t>(flow));
  address.sin6_scope_id = static_cast<std::uint32_t>(scope);
  std::memcpy(&result.storage, &address, sizeof address);
  result.size = sizeof address;
  return true;
}

bool read_ip4(PyObject* tuple, SocketAddress& result) {
  sockaddr_in address{};
  long port = 0;
  if (PyTuple_GET_SIZE(tuple) != 2 || !read_host(PyTuple_GET_ITEM(tuple, 0), AF_INET, &address.sin_addr) ||
      !read_number(PyTuple_GET_ITEM(tuple, 1), 0xFFFF, port))
    return false;
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  std::memcpy(&result.storage, &address, sizeof address);
  result.size = sizeof address;
  return true;
}

}  // namespace

bool known_family(int family) {
  return family == AF_INET || family == AF_INET6 || family == AF_UNIX;
}

PyObject* python_address(const SocketAddress& address) {
  if (address.size == 0)
    return or_none(nullptr);
  switch (address.storage.ss_family) {
    case AF_INET:
      return ip4(reinterpret_cast<const sockaddr_in&>(address.storage));
    case AF_INET6:
      return ip6(reinterpret_cast<const sockaddr_in6&>(address.storage));
    case AF_UNIX:
      return unix_path(reinterpret_cast<const sockaddr_un&>(address.storage), address.size);
    default:
      PyErr_Format(PyExc_ValueError, "an address of the unknown family %d", int{address.storage.ss_family});
      return nullptr;
  }
}

bool literal_address(PyObject* address, int family, SocketAddress& result) {
  if (!PyTuple_CheckExact(address))
    return false;
  if (family == AF_INET)
    return read_ip4(address, result);
  return family == AF_INET6 && read_ip6(address, result);
}

}  // namespace loopscope::bindings

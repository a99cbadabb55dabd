#include "bindings/kit/socket_facts.h"

#include <cstring>

#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/socket_address.h"

namespace loopscope::bindings {

namespace {

using AskKernel = int (*)(int, sockaddr*, socklen_t*);

bool is_ip(const sockaddr& address) {
  return address.sa_family == AF_INET || address.sa_family == AF_INET6;
}

template <typename Address>
bool ask(AskKernel kernel, int fd, Address& address) {
  socklen_t size = sizeof address;
  return kernel(fd, &address.any, &size) == 0 && is_ip(address.any);
}

/// The only thing that `extra` tells, borrowed; null, without an exception, if that is not the peer's address.
PyObject* only_peername(PyObject* extra) {
  return PyDict_CheckExact(extra) && PyDict_GET_SIZE(extra) == 1 ? PyDict_GetItem(extra, runtime().peername)
                                                                 : nullptr;
}

}  // namespace

bool SocketFacts::note(PyObject* socket, int fd, PyObject* extra) {
  if (reinterpret_cast<PyObject*>(Py_TYPE(socket)) != runtime().socket_type)
    return false;  // it may know better
  if (!ask(getsockname, fd, own_))
    return false;
  if (extra == Py_None) {
    if (!ask(getpeername, fd, peer_))
      return false;
  } else {
    PyObject* peername = only_peername(extra);
    SocketAddress peer{};
    if (peername == nullptr || !literal_address(peername, own_.any.sa_family, peer))
      return false;
    std::memcpy(&peer_, &peer.storage, sizeof peer_);
  }
  assign(socket_, socket);
  return true;
}

PyObject* SocketFacts::python_form(const Address& address) {
  SocketAddress whole{};
  std::memcpy(&whole.storage, &address, sizeof address);
  whole.size = sizeof address;
  return python_address(whole);
}

PyObject* SocketFacts::told() const {
  const PyRef peername = PyRef::steal(python_form(peer_));
  const PyRef sockname = PyRef::steal(peername ? python_form(own_) : nullptr);
  const PyRef socket = PyRef::steal(sockname ? PyObject_CallOneArg(runtime().transport_socket, socket_) : nullptr);
  if (!socket)
    return nullptr;
  return Py_BuildValue("{sOsOsO}", "peername", peername.get(), "socket", socket.get(), "sockname", sockname.get());
}

}  // namespace loopscope::bindings

/// The system calls behind the sock_* methods, each tried without waiting. The GIL is kept: they do not block.

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "bindings/kit/held_buffer.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/receive_target.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/socket_address.h"
#include "bindings/sock/sock_call.h"
#include "loop/uninterrupted.h"

namespace loopscope::bindings {

using loop::uninterrupted;

namespace {

constexpr Py_ssize_t kMostBytes = 1 << 30;

Attempt done(PyObject* value) {
  return {value != nullptr ? Attempt::done : Attempt::failed, value};
}

/// By errno, as the socket module does.
Attempt not_done() {
  if (errno == EAGAIN || errno == EWOULDBLOCK)
    return {Attempt::again};
  PyErr_SetFromErrno(PyExc_OSError);
  return {Attempt::failed};
}

bool take_size(PyObject* object, Py_ssize_t& size) {
  if (!PyLong_CheckExact(object))
    return false;
  int overflow = 0;
  const long value = PyLong_AsLongAndOverflow(object, &overflow);
  size = value;
  return overflow == 0 && value >= 0 && value <= kMostBytes;
}

/// True for a buffer that is one run of bytes, and cannot be another thing the next time it is asked for.
bool is_plain_buffer(PyObject* object, bool writable) {
  if (PyByteArray_CheckExact(object))
    return true;
  if (PyBytes_CheckExact(object))
    return !writable;
  if (!PyMemoryView_Check(object))
    return false;
  const Py_buffer* view = PyMemoryView_GET_BUFFER(object);
  return view->ndim == 1 && view->itemsize == 1 && PyBuffer_IsContiguous(view, 'C') != 0 &&
         !(writable && view->readonly != 0);
}

// -- receiving -------------------------------------------------------------------------------------------------------------

bool accept_recv(SockCallObject* self, PyObject* const* args, Py_ssize_t) {
  return take_size(args[0], self->size);
}

/// From this size on a copy costs more than memory of its own.
constexpr Py_ssize_t kManyBytes = 16 * 1024;

ReceiveTarget target_for(SockCallObject* self) {
  Buffers& buffers = self->loop->state->buffers;
  const bool few =
      self->size <= static_cast<Py_ssize_t>(Buffers::kLargeBytes) && buffers.last_received < kManyBytes;
  return {few ? buffers.large() : nullptr, self->size, nullptr};
}

PyObject* take(SockCallObject* self, ReceiveTarget& to, Py_ssize_t count) {
  self->loop->state->buffers.last_received = count;
  return to.take(count).bytes;
}

Attempt recv(SockCallObject* self) {
  if (self->size == 0)
    return done(PyBytes_FromStringAndSize(nullptr, 0));
  ReceiveTarget to(target_for(self));
  if (to.data() == nullptr)
    return {Attempt::failed};
  const ssize_t count = uninterrupted(
      [&] { return ::recv(self->fd, to.data(), static_cast<std::size_t>(self->size), MSG_DONTWAIT); });
  return count < 0 ? not_done() : done(take(self, to, count));
}

PyObject* with_address(PyObject* first, const SocketAddress& address) {
  const PyRef value = PyRef::steal(first);
  const PyRef from = PyRef::steal(value ? python_address(address) : nullptr);
  return from ? PyTuple_Pack(2, value.get(), from.get()) : nullptr;
}

Attempt recvfrom(SockCallObject* self) {
  ReceiveTarget to(target_for(self));
  if (to.data() == nullptr)
    return {Attempt::failed};
  SocketAddress from{};
  const ssize_t count = uninterrupted([&] {
    from.size = sizeof from.storage;
    return ::recvfrom(self->fd, to.data(), static_cast<std::size_t>(self->size), MSG_DONTWAIT,
                      reinterpret_cast<sockaddr*>(&from.storage), &from.size);
  });
  return count < 0 ? not_done() : done(with_address(take(self, to, count), from));
}

bool accept_recv_into(SockCallObject* self, PyObject* const* args, Py_ssize_t) {
  if (!is_plain_buffer(args[0], true))
    return false;
  assign(self->argument, args[0]);
  return true;
}

Attempt recv_into(SockCallObject* self) {
  HeldBuffer to;
  if (!to.take_writable(self->argument))
    return {Attempt::failed};
  if (to.size() == 0)
    return done(PyLong_FromLong(0));
  const ssize_t count = uninterrupted(
      [&] { return ::recv(self->fd, to.data(), static_cast<std::size_t>(to.size()), MSG_DONTWAIT); });
  return count < 0 ? not_done() : done(PyLong_FromSsize_t(count));
}

/// With a size of 0 asyncio takes the length that the buffer has when it is first awaited, and keeps to it.
bool accept_recvfrom_into(SockCallObject* self, PyObject* const* args, Py_ssize_t count) {
  return (count < 2 || take_size(args[1], self->size)) && accept_recv_into(self, args, count);
}

Attempt recvfrom_into(SockCallObject* self) {
  HeldBuffer to;
  if (!to.take_writable(self->argument))
    return {Attempt::failed};
  if (self->size == 0)
    self->size = to.size();
  if (self->size > to.size()) {
    PyErr_SetString(PyExc_ValueError, "nbytes is greater than the length of the buffer");
    return {Attempt::failed};
  }
  const Py_ssize_t size = self->size != 0 ? self->size : to.size();
  SocketAddress from{};
  const ssize_t count = uninterrupted([&] {
    from.size = sizeof from.storage;
    return ::recvfrom(self->fd, to.data(), static_cast<std::size_t>(size), MSG_DONTWAIT,
                      reinterpret_cast<sockaddr*>(&from.storage), &from.size);
  });
  return count < 0 ? not_done() : done(with_address(PyLong_FromSsize_t(count), from));
}

// -- sending -----------------------------------------------------------------------------------------------------------------

bool accept_sendall(SockCallObject* self, PyObject* const* args, Py_ssize_t) {
  if (!is_plain_buffer(args[0], false))
    return false;
  assign(self->argument, args[0]);
  return true;
}

bool hold_data(SockCallObject* self) {
  return self->data.object() != nullptr || self->data.take_readable(self->argument);
}

Attempt sendall(SockCallObject* self) {
  if (!hold_data(self))
    return {Attempt::failed};
  const ssize_t count = uninterrupted([&] {
    return ::send(self->fd, self->data.data() + self->sent,
                  static_cast<std::size_t>(self->data.size() - self->sent), MSG_DONTWAIT | MSG_NOSIGNAL);
  });
  if (count < 0)
    return not_done();
  self->sent += count;
  if (self->sent < self->data.size())
    return {Attempt::again};
  Py_INCREF(Py_None);
  return done(Py_None);
}

bool accept_sendto(SockCallObject* self, PyObject* const* args, Py_ssize_t count) {
  SocketAddress to;
  if (!literal_address(args[1], self->family, to))
    return false;
  assign(self->address, args[1]);
  return accept_sendall(self, args, count);
}

Attempt sendto(SockCallObject* self) {
  SocketAddress to;
  if (!hold_data(self) || !literal_address(self->address, self->family, to))
    return {Attempt::failed};
  const ssize_t count = uninterrupted([&] {
    return ::sendto(self->fd, self->data.data(), static_cast<std::size_t>(self->data.size()),
                    MSG_DONTWAIT | MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to.storage), to.size);
  });
  return count < 0 ? not_done() : done(PyLong_FromSsize_t(count));
}

// -- accepting ---------------------------------------------------------------------------------------------------------------

bool accept_accept(SockCallObject*, PyObject* const*, Py_ssize_t) {
  return true;
}

/// As socket.accept() does it, but with the family as a plain number.
PyObject* new_socket(SockCallObject* self, int fd) {
  PyObject* sock = PyObject_CallFunction(runtime().socket_type, "iiii", self->family, self->type, self->proto, fd);
  if (sock == nullptr) {
    close(fd);
    return nullptr;
  }
  const PyRef done = PyRef::steal(PyObject_CallMethod(sock, "setblocking", "O", Py_False));
  if (!done)
    Py_CLEAR(sock);
  return sock;
}

Attempt accept(SockCallObject* self) {
  SocketAddress from{};
  const int fd = uninterrupted([&] {
    from.size = sizeof from.storage;
    return ::accept4(self->fd, reinterpret_cast<sockaddr*>(&from.storage), &from.size,
                     SOCK_CLOEXEC | SOCK_NONBLOCK);
  });
  return fd < 0 ? not_done() : done(with_address(new_socket(self, fd), from));
}

constexpr SockOp kOps[] = {
    {"sock_recv", "recv", false, 1, 1, accept_recv, recv, false},
    {"sock_recv_into", "recv_into", false, 1, 1, accept_recv_into, recv_into, false},
    {"sock_recvfrom", "recvfrom", false, 1, 1, accept_recv, recvfrom, true},
    {"sock_recvfrom_into", "recvfrom_into", false, 1, 2, accept_recvfrom_into, recvfrom_into, true},
    {"sock_sendall", "send", true, 1, 1, accept_sendall, sendall, false},
    {"sock_sendto", "sendto", true, 2, 2, accept_sendto, sendto, true},
    {"sock_accept", "accept", false, 0, 0, accept_accept, accept, true},
};

}  // namespace

PyObject* sock_op_names() {
  PyObject* names = PyTuple_New(std::size(kOps));
  for (std::size_t i = 0; names != nullptr && i < std::size(kOps); ++i) {
    PyObject* name = PyUnicode_InternFromString(kOps[i].name);
    if (name == nullptr)
      Py_CLEAR(names);
    else
      PyTuple_SET_ITEM(names, static_cast<Py_ssize_t>(i), name);
  }
  return names;
}

const SockOp* find_sock_op(const char* name) {
  for (const SockOp& op : kOps) {
    if (std::strcmp(op.name, name) == 0)
      return &op;
  }
  return nullptr;
}

}  // namespace loopscope::bindings

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "bindings/datagram/datagram_object.h"
#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/held_buffer.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

enum class Sent : std::uint8_t { all, not_now, refused, failed };

/// By the exception that is set: refused means an OSError, which is the protocol's to know.
Sent outcome_of_exception() {
  if (PyErr_ExceptionMatches(PyExc_BlockingIOError) != 0 || PyErr_ExceptionMatches(PyExc_InterruptedError) != 0) {
    PyErr_Clear();
    return Sent::not_now;
  }
  return PyErr_ExceptionMatches(PyExc_OSError) != 0 ? Sent::refused : Sent::failed;
}

/// An address that only the socket module understands: names, paths, and what is none.
Sent send_by_socket_module(DatagramObject* self, PyObject* data, PyObject* to, Py_ssize_t size) {
  const PyRef sock = PyRef::borrow(self->sock);
  const PyRef sent = PyRef::steal(PyObject_CallMethod(sock.get(), "sendto", "OO", data, to));
  if (!sent)
    return outcome_of_exception();
  if (self->loop != nullptr)
    socket_of(self).count_sent(static_cast<std::size_t>(size));
  return Sent::all;
}

/// True if the socket knows where to. As on asyncio a peer with a name gets everything, whatever address is given.
bool goes_to_peer(DatagramObject* self, PyObject* to) {
  return self->peer == Peer::named || (self->peer == Peer::unnamed && to == Py_None);
}

/// Tries to send one datagram. With refused and failed an exception is set.
Sent send_now(DatagramObject* self, PyObject* data, const char* bytes, Py_ssize_t size, PyObject* to) {
  SocketAddress literal;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled where it is used
  const bool to_peer = goes_to_peer(self, to);
  const SocketAddress* address = to_peer ? nullptr : parts_of(self).addresses.origin(to);
  if (!to_peer && address == nullptr) {
    if (!literal_address(to, self->family, literal)) {
      PyErr_Clear();
      return send_by_socket_module(self, data, to, size);
    }
    address = &literal;
  }
  const ssize_t result =
      socket_of(self).send(bytes, static_cast<std::size_t>(size),
                           address != nullptr ? reinterpret_cast<const sockaddr*>(&address->storage) : nullptr,
                           address != nullptr ? address->size : 0);
  if (result >= 0)
    return Sent::all;
  errno = static_cast<int>(-result);
  PyErr_SetFromErrno(PyExc_OSError);
  return outcome_of_exception();
}

bool start_sending(DatagramObject* self) {
  if (!renew_context(self, self->write_context))
    return false;
  Py_INCREF(self);
  const int error = socket_of(self).start_sending(self->parts->on_writable);
  if (error == 0)
    return true;
  set_loop_error(error);
  return false;
}

/// What waits cannot be changed by whoever gave it.
bool queue_datagram(DatagramObject* self, PyObject* data, const char* bytes, Py_ssize_t size, PyObject* to) {
  PyRef owned = PyRef::steal(PyBytes_CheckExact(data) ? or_none(data) : PyBytes_FromStringAndSize(bytes, size));
  if (!owned)
    return false;
  parts_of(self).queue.push_back({std::move(owned), PyRef::borrow(to)});
  parts_of(self).queued_bytes += size + self->header_bytes;
  return pause_protocol_if_full(self);
}

PyObject* refused(DatagramObject* self) {
  const PyRef exception = take_exception();
  if (!call_protocol(self, CallbackKind::error_received, runtime().error_received, exception.get(), nullptr,
                     nullptr))
    return nullptr;
  Py_RETURN_NONE;
}

PyObject* send_or_queue(DatagramObject* self, PyObject* data, const char* bytes, Py_ssize_t size, PyObject* to) {
  if (parts_of(self).queue.empty()) {
    const Sent sent = send_now(self, data, bytes, size, to);
    if (sent == Sent::all)
      Py_RETURN_NONE;
    if (sent == Sent::refused)
      return refused(self);
    if (sent == Sent::failed) {
      if (is_exit_exception() || !call_fatal_error(self, "Fatal write error on datagram transport"))
        return nullptr;
      Py_RETURN_NONE;
    }
    if (!start_sending(self))
      return nullptr;
  }
  if (!queue_datagram(self, data, bytes, size, to))
    return nullptr;
  Py_RETURN_NONE;
}

/// Where it goes: the transport's own address if it has one, and then no other. Null with an exception set.
PyObject* destination(DatagramObject* self, PyObject* to) {
  if (self->address == nullptr)
    return to;
  if (to != Py_None && to != self->address) {
    const int same = PyObject_RichCompareBool(to, self->address, Py_EQ);
    if (same == 0)
      PyErr_Format(PyExc_ValueError, "Invalid address: must be None or %S", self->address);
    if (same <= 0)
      return nullptr;
  }
  return self->address;
}

PyObject* sendto(DatagramObject* self, PyObject* data, PyObject* to) {
  const int is_any = self->sends_empty != 0 ? 1 : PyObject_IsTrue(data);
  if (is_any < 0)
    return nullptr;
  if (is_any == 0)
    Py_RETURN_NONE;
  to = destination(self, to);
  if (to == nullptr)
    return nullptr;
  // A socket that is still open sends, as asyncio's does.
  if (self->loop == nullptr || (self->connection_lost_count > 0 && self->address != nullptr))
    return write_lost(self);
  const PyRef kept_to = PyRef::borrow(to);
  if (PyBytes_CheckExact(data)) [[likely]]
    return send_or_queue(self, data, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data), to);
  HeldBuffer held;
  return held.take_readable(data) ? send_or_queue(self, data, held.data(), held.size(), to) : nullptr;
}

/// The exception that is set came of sending from the queue. An address may be an object of the program's whose code runs when
/// it is used, and ends the transport.
void flush_failed(DatagramObject* self, LoopObject* loop, Sent sent) {
  if (sent == Sent::failed || stage_of(self) == Stage::detached)
    return fatal(self, loop, "Fatal write error on datagram transport");
  const PyRef exception = take_exception();
  if (!call_protocol(self, CallbackKind::error_received, runtime().error_received, exception.get(), nullptr,
                     &self->parts->on_writable))
    report_raised_by(loop, self, runtime().error_received);
}

}  // namespace

void datagram_writable(DatagramObject* self) {
  if (stage_of(self) >= Stage::lost)
    return;
  const PyRef loop = PyRef::borrow(as_object(self->loop));
  auto& queue = parts_of(self).queue;
  while (!queue.empty()) {
    const DatagramParts::Waiting next = std::move(queue.front());
    queue.pop_front();
    const Py_ssize_t size = PyBytes_GET_SIZE(next.data.get());
    parts_of(self).queued_bytes -= size + self->header_bytes;
    const Sent sent = send_now(self, next.data.get(), PyBytes_AS_STRING(next.data.get()), size, next.to.get());
    if (sent == Sent::not_now) {
      queue.push_front(next);
      parts_of(self).queued_bytes += size + self->header_bytes;
      break;
    }
    if (sent != Sent::all)
      return flush_failed(self, as_loop(loop.get()), sent);
  }
  resume_protocol_if_drained(self);  // it may send on
  if (self->loop == nullptr || !queue.empty())
    return;
  self->parts->stop_sending();
  if (self->closing != 0 && self->connection_lost_count == 0)
    lose_connection(self);
}

PyObject* datagram_sendto(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* given[2] = {nullptr, Py_None};
  static const char* const kNames[] = {"data", "addr"};
  const Py_ssize_t named = keywords != nullptr ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t i = 0; i < count && i < 2; ++i) given[i] = args[i];
  for (Py_ssize_t i = 0; i < named; ++i) {
    PyObject* keyword = PyTuple_GET_ITEM(keywords, i);
    const int place = PyUnicode_CompareWithASCIIString(keyword, kNames[0]) == 0   ? 0
                      : PyUnicode_CompareWithASCIIString(keyword, kNames[1]) == 0 ? 1
                                                                                  : -1;
    if (place < 0 || place < count)
      return PyErr_Format(PyExc_TypeError, "sendto() got an unexpected or a second argument %R", keyword);
    given[place] = args[count + i];
  }
  if (count > 2 || given[0] == nullptr)
    return PyErr_Format(PyExc_TypeError, "sendto() takes data and, if it is not fixed, an address");
  if (!PyBytes_Check(given[0]) && !PyByteArray_Check(given[0]) && !PyMemoryView_Check(given[0])) {
    return PyErr_Format(PyExc_TypeError, "data argument must be a bytes-like object, not '%s'",
                        Py_TYPE(given[0])->tp_name);
  }
  return sendto(as_datagram(object), given[0], given[1]);
}

}  // namespace loopscope::bindings

#include "bindings/stream_transport.h"

#include <structmember.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <new>

#include "bindings/handle.h"
#include "bindings/loop_object.h"
#include "bindings/py_callback.h"
#include "bindings/py_ref.h"
#include "bindings/runtime.h"
#include "bindings/type_kit.h"
#include "loop/stream.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

struct TransportObject;
using Action = void (*)(TransportObject*);

/// One of a transport's own callbacks: the transport became readable, or writable, or may begin.
class TransportCallback final : public PyCallback {
 public:
  TransportCallback(TransportObject* owner, Action action, CallbackKind kind)
      : owner_(owner), action_(action), kind_(kind) {}
  void retain() override { Py_INCREF(owner_); }
  void drop() override { Py_DECREF(owner_); }
  void run() override;
  [[nodiscard]] PyObject* held() override { return reinterpret_cast<PyObject*>(owner_); }
  loop::Description describe(tracer::Recorder& recorder) override;
  void set_kind(CallbackKind kind) { kind_ = kind; }

 private:
  TransportObject* owner_;
  Action action_;
  CallbackKind kind_;
};

/// The C++ parts of a transport; made when it is attached to its socket.
struct Parts {
  Parts(TransportObject* owner, loop::Loop& loop, int fd);
  loop::Stream stream;
  TransportCallback on_start;
  TransportCallback on_readable;
  TransportCallback on_writable;
  tracer::NameId receive_name = tracer::kNoName;  ///< of the protocol's data_received or buffer_updated
};

struct TransportObject {
  PyObject_HEAD
  PyObject* base_slots[6];  ///< of asyncio.transports._FlowControlMixin, unused
  Parts* parts;
  LoopObject* loop;
  PyObject* extra;
  PyObject* sock;
  PyObject* protocol;
  PyObject* server;
  PyObject* waiter;         ///< of create_connection(): done once connection_made() has run
  PyObject* empty_waiter;   ///< of sendfile(): done once everything is written
  PyObject* read_context;
  PyObject* write_context;
  PyObject* weak_references;
  Py_ssize_t fd;
  Py_ssize_t high_water;
  Py_ssize_t low_water;
  Py_ssize_t connection_lost_count;  ///< asyncio's _conn_lost
  Py_ssize_t last_read;
  char buffered;            ///< the protocol is a BufferedProtocol
  char closing;
  char eof;                 ///< write_eof() was called
  char paused;
  char protocol_paused;
  char protocol_connected;
};

constexpr Py_ssize_t kMostRead = 256 * 1024;  // asyncio's max_size
constexpr Py_ssize_t kLostWritesBeforeWarning = 5;  // asyncio.constants.LOG_THRESHOLD_FOR_CONNLOST_WRITES

TransportObject* as_transport(PyObject* object) { return reinterpret_cast<TransportObject*>(object); }
PyObject* as_object(TransportObject* self) { return reinterpret_cast<PyObject*>(self); }
loop::Stream& stream_of(TransportObject* self) { return self->parts->stream; }

void release_bytes(void* bytes) { Py_DECREF(static_cast<PyObject*>(bytes)); }

// -- errors --------------------------------------------------------------------------------------------------------------

/// The exception that is set ends the connection, as _SelectorTransport._fatal_error.
void fatal(TransportObject* self, const char* message) {
  if (is_exit_exception()) {
    exit_loop(self->loop);
    return;
  }
  const PyRef exception = take_exception();
  const PyRef text = PyRef::steal(PyUnicode_FromString(message));
  const PyRef done =
      PyRef::steal(PyObject_CallMethodObjArgs(as_object(self), runtime().fatal_error, exception.get(), text.get(), nullptr));
  if (done)
    return;
  if (is_exit_exception())
    exit_loop(self->loop);
  else
    PyErr_WriteUnraisable(as_object(self));
}

void fatal_errno(TransportObject* self, int error, const char* message) {
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  fatal(self, message);
}

bool would_block(ssize_t result) { return result == -EAGAIN || result == -EWOULDBLOCK || result == -EINTR; }

/// As _call_connection_lost's users: schedules the end of the connection with `exception`, or None.
bool schedule_connection_lost(TransportObject* self, PyObject* exception) {
  const PyRef callback = PyRef::steal(PyObject_GetAttrString(as_object(self), "_call_connection_lost"));
  if (!callback)
    return false;
  HandleParts parts{self->loop, callback.get(), &exception, 1};
  parts.kind = CallbackKind::connection_lost;
  tracer::Recorder& recorder = self->loop->state->loop.recorder();
  if (recorder.on() && self->protocol != nullptr)
    parts.named = self->loop->state->names.method(recorder, self->protocol, runtime().connection_lost);
  HandleObject* handle = new_handle(parts);
  if (handle == nullptr)
    return false;
  self->loop->state->loop.call_soon(handle->work);
  return true;
}

bool force_close(TransportObject* self, PyObject* exception) {
  if (self->connection_lost_count > 0 || self->loop == nullptr)
    return true;
  if (stream_of(self).queued_bytes() > 0) {
    stream_of(self).clear_queue();
    stream_of(self).stop_writing();
  }
  if (self->closing == 0) {
    self->closing = 1;
    stream_of(self).stop_reading();
  }
  ++self->connection_lost_count;
  return schedule_connection_lost(self, exception);
}

bool close_transport(TransportObject* self) {
  if (self->closing != 0 || self->loop == nullptr)
    return true;
  self->closing = 1;
  stream_of(self).stop_reading();
  if (stream_of(self).queued_bytes() > 0)
    return true;
  ++self->connection_lost_count;
  stream_of(self).stop_writing();
  return schedule_connection_lost(self, Py_None);
}

// -- reading -------------------------------------------------------------------------------------------------------------

void on_eof(TransportObject* self) {
  const PyRef keep_open = PyRef::steal(PyObject_CallMethodNoArgs(self->protocol, runtime().eof_received));
  const int truth = keep_open ? PyObject_IsTrue(keep_open.get()) : -1;
  if (truth < 0) {
    fatal(self, "Fatal error: protocol.eof_received() call failed.");
  } else if (truth > 0) {
    // The protocol may write on, but there is nothing more to read.
    stream_of(self).stop_reading();
  } else if (!close_transport(self)) {
    PyErr_WriteUnraisable(as_object(self));
  }
}

void deliver(TransportObject* self, PyObject* data) {
  PyObject* stack[] = {self->protocol, data};
  const PyRef protocol = PyRef::borrow(self->protocol);
  const PyRef result = PyRef::steal(
      PyObject_VectorcallMethod(runtime().data_received, stack, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, nullptr));
  if (!result)
    fatal(self, "Fatal error: protocol.data_received() call failed.");
}

/// True if `result` says that there are bytes; handles end of file and errors.
bool got_bytes(TransportObject* self, ssize_t result) {
  if (result > 0)
    return true;
  if (result == 0)
    on_eof(self);
  else if (!would_block(result))
    fatal_errno(self, static_cast<int>(-result), "Fatal read error on socket transport");
  return false;
}

/// Small messages: into the loop's buffer, then a copy of the exact size.
void read_small(TransportObject* self) {
  char* buffer = self->loop->state->read_buffer.get();
  const ssize_t count = stream_of(self).read(buffer, kReadBufferBytes);
  if (!got_bytes(self, count))
    return;
  self->last_read = count;
  const PyRef data = PyRef::steal(PyBytes_FromStringAndSize(buffer, count));
  if (data)
    deliver(self, data.get());
  else
    fatal(self, "Fatal read error on socket transport");
}

/// Large ones: straight into a bytes object, cut to size afterwards.
void read_large(TransportObject* self) {
  PyObject* data = PyBytes_FromStringAndSize(nullptr, kMostRead);
  if (data == nullptr)
    return fatal(self, "Fatal read error on socket transport");
  const ssize_t count = stream_of(self).read(PyBytes_AS_STRING(data), kMostRead);
  if (count <= 0) {
    Py_DECREF(data);
    got_bytes(self, count);
    return;
  }
  self->last_read = count;
  if (_PyBytes_Resize(&data, count) != 0)
    return fatal(self, "Fatal read error on socket transport");
  const PyRef owned = PyRef::steal(data);
  deliver(self, data);
}

/// The protocol's own buffer, as long as it is held: release in reverse of acquisition.
struct ProtocolBuffer {
  PyRef object;
  Py_buffer view{};
  ~ProtocolBuffer() {
    if (view.obj != nullptr)
      PyBuffer_Release(&view);
  }
};

bool get_buffer(TransportObject* self, ProtocolBuffer& buffer) {
  const PyRef hint = PyRef::steal(PyLong_FromLong(-1));
  buffer.object = PyRef::steal(PyObject_CallMethodOneArg(self->protocol, runtime().get_buffer, hint.get()));
  if (!buffer.object || PyObject_GetBuffer(buffer.object.get(), &buffer.view, PyBUF_WRITABLE) != 0)
    return false;
  if (buffer.view.len > 0)
    return true;
  PyErr_SetString(PyExc_RuntimeError, "get_buffer() returned an empty buffer");
  return false;
}

void read_buffered(TransportObject* self) {
  const PyRef protocol = PyRef::borrow(self->protocol);
  ssize_t count = 0;
  {
    ProtocolBuffer buffer;
    if (!get_buffer(self, buffer))
      return fatal(self, "Fatal error: protocol.get_buffer() call failed.");
    count = stream_of(self).read(static_cast<char*>(buffer.view.buf), static_cast<std::size_t>(buffer.view.len));
  }
  if (!got_bytes(self, count))
    return;
  const PyRef size = PyRef::steal(PyLong_FromSsize_t(count));
  const PyRef result =
      PyRef::steal(PyObject_CallMethodOneArg(protocol.get(), runtime().buffer_updated, size.get()));
  if (!result)
    fatal(self, "Fatal error: protocol.buffer_updated() call failed.");
}

void read_ready(TransportObject* self) {
  if (self->connection_lost_count > 0 || self->loop == nullptr || self->paused != 0 || self->closing != 0)
    return;
  if (self->buffered != 0)
    read_buffered(self);
  else if (self->last_read >= static_cast<Py_ssize_t>(kReadBufferBytes) / 2)
    read_large(self);
  else
    read_small(self);
}

bool start_reading(TransportObject* self) {
  PyObject* context = PyContext_CopyCurrent();
  if (context == nullptr)
    return false;
  Py_XSETREF(self->read_context, context);
  Py_INCREF(self);
  const int error = stream_of(self).start_reading(self->parts->on_readable);
  if (error == 0)
    return true;
  errno = -error;
  PyErr_SetFromErrno(PyExc_OSError);
  return false;
}

/// After connection_made(): begin to read, then tell create_connection().
void start(TransportObject* self) {
  if (self->loop == nullptr)
    return;
  if (self->paused == 0 && self->closing == 0 && !start_reading(self))
    fatal(self, "Fatal read error on socket transport");
  if (self->waiter == nullptr)
    return;
  const PyRef waiter = PyRef::steal(std::exchange(self->waiter, nullptr));
  const PyRef done = PyRef::steal(
      PyObject_CallFunctionObjArgs(runtime().set_result_unless_cancelled, waiter.get(), Py_None, nullptr));
  if (!done)
    PyErr_WriteUnraisable(as_object(self));
}

// -- writing -------------------------------------------------------------------------------------------------------------

/// Calls the protocol's pause_writing() or resume_writing(); what it raises is reported, not fatal.
void tell_protocol(TransportObject* self, PyObject* method, const char* failed) {
  const PyRef result = PyRef::steal(PyObject_CallMethodNoArgs(self->protocol, method));
  if (result)
    return;
  if (is_exit_exception()) {
    exit_loop(self->loop);
    return;
  }
  const PyRef exception = take_exception();
  report_exception(self->loop, Py_BuildValue("{sssOsOsO}", "message", failed, "exception", exception.get(), "transport",
                                             as_object(self), "protocol", self->protocol));
}

void pause_protocol_if_full(TransportObject* self) {
  if (self->protocol_paused != 0 || static_cast<Py_ssize_t>(stream_of(self).queued_bytes()) <= self->high_water)
    return;
  self->protocol_paused = 1;
  tell_protocol(self, runtime().pause_writing, "protocol.pause_writing() failed");
}

void resume_protocol_if_drained(TransportObject* self) {
  if (self->protocol_paused == 0 || static_cast<Py_ssize_t>(stream_of(self).queued_bytes()) > self->low_water)
    return;
  self->protocol_paused = 0;
  tell_protocol(self, runtime().resume_writing, "protocol.resume_writing() failed");
}

void settle_empty_waiter(TransportObject* self, PyObject* exception) {
  if (self->empty_waiter == nullptr)
    return;
  const PyRef done = PyRef::steal(exception != nullptr
                                      ? PyObject_CallMethod(self->empty_waiter, "set_exception", "O", exception)
                                      : PyObject_CallMethod(self->empty_waiter, "set_result", "O", Py_None));
  if (!done)
    PyErr_Clear();  // it was cancelled
}

void write_failed(TransportObject* self, int error) {
  stream_of(self).stop_writing();
  stream_of(self).clear_queue();
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  const PyRef exception = take_exception();
  put_exception(exception);
  fatal(self, "Fatal write error on socket transport");
  settle_empty_waiter(self, exception.get());
}

PyObject* call_connection_lost(PyObject* object, PyObject* exception);

void all_written(TransportObject* self) {
  stream_of(self).stop_writing();
  settle_empty_waiter(self, nullptr);
  if (self->closing != 0) {
    const PyRef done = PyRef::steal(call_connection_lost(as_object(self), Py_None));
    if (!done && is_exit_exception())
      exit_loop(self->loop);
    else if (!done)
      PyErr_WriteUnraisable(as_object(self));
  } else if (self->eof != 0) {
    ::shutdown(static_cast<int>(self->fd), SHUT_WR);
  }
}

void write_ready(TransportObject* self) {
  if (self->connection_lost_count > 0 || self->loop == nullptr || stream_of(self).queued_bytes() == 0)
    return;
  const int error = stream_of(self).flush();
  if (error != 0 && !would_block(error))
    return write_failed(self, -error);
  resume_protocol_if_drained(self);  // it may write on
  if (self->loop != nullptr && stream_of(self).queued_bytes() == 0)
    all_written(self);
}

/// Queues what the kernel did not take: a reference to bytes, a copy of what may still change.
bool queue_rest(TransportObject* self, PyObject* data, const char* rest, Py_ssize_t size) {
  PyObject* owner = PyBytes_CheckExact(data) ? or_none(data) : PyBytes_FromStringAndSize(rest, size);
  if (owner == nullptr)
    return false;
  const char* begin = owner == data ? rest : PyBytes_AS_STRING(owner);
  const bool first = stream_of(self).queued_bytes() == 0;
  stream_of(self).queue(begin, static_cast<std::size_t>(size), owner);
  if (!first)
    return true;
  PyObject* context = PyContext_CopyCurrent();
  if (context == nullptr)
    return false;
  Py_XSETREF(self->write_context, context);
  Py_INCREF(self);
  const int error = stream_of(self).start_writing(self->parts->on_writable);
  if (error == 0)
    return true;
  errno = -error;
  PyErr_SetFromErrno(PyExc_OSError);
  return false;
}

PyObject* write_bytes(TransportObject* self, PyObject* data, const char* begin, Py_ssize_t size) {
  if (self->eof != 0) {
    PyErr_SetString(PyExc_RuntimeError, "Cannot call write() after write_eof()");
    return nullptr;
  }
  if (self->empty_waiter != nullptr) {
    PyErr_SetString(PyExc_RuntimeError, "unable to write; sendfile is in progress");
    return nullptr;
  }
  if (size == 0)
    Py_RETURN_NONE;
  if (self->connection_lost_count > 0 || self->loop == nullptr) {
    if (self->connection_lost_count >= kLostWritesBeforeWarning) {
      const PyRef warned = PyRef::steal(PyObject_CallMethod(as_object(self), "_warn_lost", nullptr));
      if (!warned)
        return nullptr;
    }
    ++self->connection_lost_count;
    Py_RETURN_NONE;
  }
  ssize_t sent = 0;
  if (stream_of(self).queued_bytes() == 0) {
    sent = stream_of(self).write_now(begin, static_cast<std::size_t>(size));
    if (sent < 0) {
      if (!would_block(sent)) {
        fatal_errno(self, static_cast<int>(-sent), "Fatal write error on socket transport");
        Py_RETURN_NONE;
      }
      sent = 0;
    }
    if (sent == size)
      Py_RETURN_NONE;
  }
  if (!queue_rest(self, data, begin + sent, size - sent))
    return nullptr;
  pause_protocol_if_full(self);
  Py_RETURN_NONE;
}

PyObject* write(PyObject* object, PyObject* data) {
  TransportObject* self = as_transport(object);
  if (PyBytes_CheckExact(data)) [[likely]]
    return write_bytes(self, data, PyBytes_AS_STRING(data), PyBytes_GET_SIZE(data));
  if (!PyBytes_Check(data) && !PyByteArray_Check(data) && !PyMemoryView_Check(data)) {
    PyErr_Format(PyExc_TypeError, "data argument must be a bytes-like object, not '%s'", Py_TYPE(data)->tp_name);
    return nullptr;
  }
  Py_buffer view;
  if (PyObject_GetBuffer(data, &view, PyBUF_SIMPLE) != 0)
    return nullptr;
  PyObject* result = write_bytes(self, data, static_cast<const char*>(view.buf), view.len);
  PyBuffer_Release(&view);
  return result;
}

PyObject* write_eof(PyObject* object, PyObject*) {
  TransportObject* self = as_transport(object);
  if (self->closing != 0 || self->eof != 0 || self->loop == nullptr)
    Py_RETURN_NONE;
  self->eof = 1;
  if (stream_of(self).queued_bytes() == 0 && ::shutdown(static_cast<int>(self->fd), SHUT_WR) != 0)
    return PyErr_SetFromErrno(PyExc_OSError);
  Py_RETURN_NONE;
}

// -- the rest of the transport's methods -----------------------------------------------------------------------------------

bool use_protocol(TransportObject* self, PyObject* protocol) {
  const int buffered = PyObject_IsInstance(protocol, runtime().buffered_protocol);
  if (buffered < 0)
    return false;
  self->buffered = static_cast<char>(buffered);
  assign(self->protocol, protocol);
  self->protocol_connected = 1;
  if (self->parts == nullptr)
    return true;
  self->parts->receive_name = tracer::kNoName;
  self->parts->on_readable.set_kind(buffered != 0 ? CallbackKind::buffer_updated : CallbackKind::data_received);
  return true;
}

/// _attach(loop, sock, fd, protocol, waiter, extra, server, kind): the constructor's native part.
PyObject* attach(PyObject* object, PyObject* args) {
  TransportObject* self = as_transport(object);
  PyObject *loop = nullptr, *sock = nullptr, *protocol = nullptr, *waiter = nullptr, *extra = nullptr, *server = nullptr;
  int fd = -1, kind = 0;
  if (!PyArg_ParseTuple(args, "OOiOOOOi", &loop, &sock, &fd, &protocol, &waiter, &extra, &server, &kind))
    return nullptr;
  if (!is_loop(loop) || self->parts != nullptr) {
    PyErr_SetString(PyExc_TypeError, "a transport is attached once, to a loopscope loop");
    return nullptr;
  }
  Py_INCREF(loop);
  self->loop = reinterpret_cast<LoopObject*>(loop);
  assign(self->sock, sock);
  assign(self->extra, extra);
  if (server != Py_None)
    assign(self->server, server);
  if (waiter != Py_None)
    assign(self->waiter, waiter);
  if ((self->read_context = PyContext_CopyCurrent()) == nullptr)
    return nullptr;
  self->fd = fd;
  self->high_water = 64 * 1024;
  self->low_water = self->high_water / 4;
  self->parts = new Parts(self, self->loop->state->loop, fd);
  if (!use_protocol(self, protocol))
    return nullptr;
  tracer::Recorder& recorder = self->loop->state->loop.recorder();
  tracer::NameId name = tracer::kNoName;
  if (recorder.on())
    name = self->loop->state->names.method(recorder, protocol, runtime().connection_made);
  stream_of(self).opened(static_cast<tracer::HandleKind>(kind), name);

  const PyRef made = PyRef::steal(PyObject_GetAttr(protocol, runtime().connection_made));
  if (!made)
    return nullptr;
  HandleParts parts{self->loop, made.get(), &object, 1};
  parts.kind = CallbackKind::connection_made;
  HandleObject* handle = new_handle(parts);
  if (handle == nullptr)
    return nullptr;
  self->loop->state->loop.call_soon(handle->work);
  Py_INCREF(self);
  self->loop->state->loop.call_soon(self->parts->on_start);
  Py_RETURN_NONE;
}

/// As _SelectorTransport._call_connection_lost: whatever the protocol does, the socket is closed.
PyObject* call_connection_lost(PyObject* object, PyObject* exception) {
  TransportObject* self = as_transport(object);
  if (self->loop == nullptr)
    Py_RETURN_NONE;
  PyRef raised;
  if (self->protocol_connected != 0) {
    const PyRef protocol = PyRef::borrow(self->protocol);
    const PyRef result = PyRef::steal(PyObject_CallMethodOneArg(protocol.get(), runtime().connection_lost, exception));
    if (!result)
      raised = take_exception();
  }
  const PyRef finished = PyRef::steal(PyObject_CallMethod(object, "_finish", nullptr));
  if (raised) {
    if (!finished)
      PyErr_Clear();
    put_exception(std::move(raised));
    return nullptr;
  }
  if (!finished)
    return nullptr;
  Py_RETURN_NONE;
}

/// The native end: forgets the descriptor and lets go of everything but the facts. `_finish` closes the socket.
PyObject* detach(PyObject* object, PyObject*) {
  TransportObject* self = as_transport(object);
  if (self->parts != nullptr && self->loop != nullptr) {
    stream_of(self).clear_queue();
    stream_of(self).detach();
  }
  clear(self->sock);
  clear(self->protocol);
  clear(self->server);
  clear(self->read_context);
  clear(self->write_context);
  Py_CLEAR(self->loop);
  Py_RETURN_NONE;
}

PyObject* py_force_close(PyObject* object, PyObject* exception) {
  if (!force_close(as_transport(object), exception))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_abort(PyObject* object, PyObject*) { return py_force_close(object, Py_None); }
PyObject* py_close(PyObject* object, PyObject*) {
  if (!close_transport(as_transport(object)))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_is_closing(PyObject* object, PyObject*) { return PyBool_FromLong(as_transport(object)->closing); }
PyObject* py_is_reading(PyObject* object, PyObject*) {
  return PyBool_FromLong(as_transport(object)->paused == 0 && as_transport(object)->closing == 0);
}
PyObject* py_pause_reading(PyObject* object, PyObject*) {
  TransportObject* self = as_transport(object);
  if (self->closing != 0 || self->paused != 0 || self->loop == nullptr)
    Py_RETURN_NONE;
  self->paused = 1;
  stream_of(self).stop_reading();
  Py_RETURN_NONE;
}
PyObject* py_resume_reading(PyObject* object, PyObject*) {
  TransportObject* self = as_transport(object);
  if (self->closing != 0 || self->paused == 0 || self->loop == nullptr)
    Py_RETURN_NONE;
  self->paused = 0;
  if (!start_reading(self))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_set_protocol(PyObject* object, PyObject* protocol) {
  if (!use_protocol(as_transport(object), protocol))
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_get_protocol(PyObject* object, PyObject*) { return or_none(as_transport(object)->protocol); }
PyObject* py_can_write_eof(PyObject*, PyObject*) { Py_RETURN_TRUE; }
PyObject* py_buffer_size(PyObject* object, PyObject*) {
  TransportObject* self = as_transport(object);
  return PyLong_FromSize_t(self->parts != nullptr ? stream_of(self).queued_bytes() : 0);
}
PyObject* py_pause_if_full(PyObject* object, PyObject*) {
  TransportObject* self = as_transport(object);
  if (self->parts != nullptr && self->loop != nullptr && self->protocol != nullptr)
    pause_protocol_if_full(self);
  Py_RETURN_NONE;
}

// -- the type ----------------------------------------------------------------------------------------------------------------

int traverse(PyObject* object, visitproc visit, void* arg) {
  TransportObject* self = as_transport(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(reinterpret_cast<PyObject*>(self->loop));
  for (PyObject* held : {self->extra, self->sock, self->protocol, self->server, self->waiter, self->empty_waiter,
                         self->read_context, self->write_context}) {
    Py_VISIT(held);
  }
  return 0;
}

int clear_references(PyObject* object) {
  TransportObject* self = as_transport(object);
  clear(self->extra);
  clear(self->waiter);
  clear(self->empty_waiter);
  const PyRef nothing = PyRef::steal(detach(object, nullptr));
  return 0;
}

void dealloc(PyObject* object) {
  TransportObject* self = as_transport(object);
  PyTypeObject* type = Py_TYPE(object);
  if (PyObject_CallFinalizerFromDealloc(object) != 0)
    return;
  PyObject_GC_UnTrack(object);
  if (self->weak_references != nullptr)
    PyObject_ClearWeakRefs(object);
  clear_references(object);
  delete std::exchange(self->parts, nullptr);
  type->tp_free(object);
  Py_DECREF(type);
}

PyObject* get_object(PyObject* object, void* member) {
  return or_none(*reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + reinterpret_cast<std::size_t>(member)));
}
int set_object(PyObject* object, PyObject* value, void* member) {
  auto* slot = reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) + reinterpret_cast<std::size_t>(member));
  assign(*slot, value == Py_None ? nullptr : value);
  return 0;
}
void* at(std::size_t offset) { return reinterpret_cast<void*>(offset); }

PyMethodDef methods[] = {
    {"_attach", attach, METH_VARARGS, nullptr},
    {"_detach", detach, METH_NOARGS, nullptr},
    {"_call_connection_lost", call_connection_lost, METH_O, nullptr},
    {"_force_close", py_force_close, METH_O, nullptr},
    {"_maybe_pause_protocol", py_pause_if_full, METH_NOARGS, nullptr},
    {"write", write, METH_O, "Send data: at once what the kernel takes, the rest when it can."},
    {"write_eof", write_eof, METH_NOARGS, "Close the writing side once everything is sent."},
    {"can_write_eof", py_can_write_eof, METH_NOARGS, "True: sockets can."},
    {"close", py_close, METH_NOARGS, "Close the connection once everything is sent."},
    {"abort", py_abort, METH_NOARGS, "Close the connection now; what is not sent is lost."},
    {"is_closing", py_is_closing, METH_NOARGS, "True if the connection is closed or about to be."},
    {"is_reading", py_is_reading, METH_NOARGS, "True if data is being received."},
    {"pause_reading", py_pause_reading, METH_NOARGS, "Receive nothing until resume_reading()."},
    {"resume_reading", py_resume_reading, METH_NOARGS, "Receive again."},
    {"set_protocol", py_set_protocol, METH_O, "Hand the connection to another protocol."},
    {"get_protocol", py_get_protocol, METH_NOARGS, "The connection's protocol."},
    {"get_write_buffer_size", py_buffer_size, METH_NOARGS, "Bytes that wait to be sent."},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(TransportObject, weak_references), READONLY, nullptr},
    {"_sock_fd", T_PYSSIZET, offsetof(TransportObject, fd), READONLY, nullptr},
    {"_high_water", T_PYSSIZET, offsetof(TransportObject, high_water), 0, nullptr},
    {"_low_water", T_PYSSIZET, offsetof(TransportObject, low_water), 0, nullptr},
    {"_conn_lost", T_PYSSIZET, offsetof(TransportObject, connection_lost_count), 0, nullptr},
    {"_closing", T_BOOL, offsetof(TransportObject, closing), READONLY, nullptr},
    {"_eof", T_BOOL, offsetof(TransportObject, eof), READONLY, nullptr},
    {"_paused", T_BOOL, offsetof(TransportObject, paused), READONLY, nullptr},
    {"_protocol_paused", T_BOOL, offsetof(TransportObject, protocol_paused), READONLY, nullptr},
    {"_protocol_connected", T_BOOL, offsetof(TransportObject, protocol_connected), 0, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"_loop", get_object, nullptr, nullptr, at(offsetof(TransportObject, loop))},
    {"_extra", get_object, set_object, nullptr, at(offsetof(TransportObject, extra))},
    {"_sock", get_object, nullptr, nullptr, at(offsetof(TransportObject, sock))},
    {"_protocol", get_object, nullptr, nullptr, at(offsetof(TransportObject, protocol))},
    {"_server", get_object, set_object, nullptr, at(offsetof(TransportObject, server))},
    {"_empty_waiter", get_object, set_object, nullptr, at(offsetof(TransportObject, empty_waiter))},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

Parts::Parts(TransportObject* owner, loop::Loop& loop, int fd)
    : stream(loop, fd, release_bytes),
      on_start(owner, start, CallbackKind::internal),
      on_readable(owner, read_ready, CallbackKind::data_received),
      on_writable(owner, write_ready, CallbackKind::resume_writing) {}

void TransportCallback::run() {
  const PyRef kept = PyRef::steal(reinterpret_cast<PyObject*>(owner_));
  const bool writes = kind_ == CallbackKind::resume_writing;
  const PyRef context = PyRef::borrow(writes ? owner_->write_context : owner_->read_context);
  if (!context)
    return;  // the connection ended while this waited in the queue
  if (PyContext_Enter(context.get()) != 0) {
    PyErr_WriteUnraisable(kept.get());
    return;
  }
  action_(owner_);
  PyContext_Exit(context.get());
}

loop::Description TransportCallback::describe(tracer::Recorder& recorder) {
  if (owner_->loop == nullptr || owner_->protocol == nullptr)
    return {tracer::kNoName, kind_, 0};
  CallbackNames& names = owner_->loop->state->names;
  tracer::NameId name = tracer::kNoName;
  switch (kind_) {
    case CallbackKind::data_received:
    case CallbackKind::buffer_updated:
      if (owner_->parts->receive_name == tracer::kNoName)
        owner_->parts->receive_name = names.method(
            recorder, owner_->protocol, owner_->buffered != 0 ? runtime().buffer_updated : runtime().data_received);
      name = owner_->parts->receive_name;
      break;
    case CallbackKind::resume_writing:
      name = names.method(recorder, owner_->protocol, runtime().resume_writing);
      break;
    default:
      name = names.method(recorder, owner_->protocol, runtime().connection_made);
  }
  return {name, kind_, owner_->parts->stream.handle_id()};
}

}  // namespace

bool add_stream_transport_type(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
      {Py_tp_methods, methods},
      {Py_tp_members, members},
      {Py_tp_getset, properties},
      {Py_tp_doc, const_cast<char*>("The native half of loopscope's socket transport.")},
      {0, nullptr},
  };
  PyType_Spec spec = {"loopscope._native.StreamTransport", sizeof(TransportObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  PyTypeObject* type = make_heap_type(spec, runtime().transport_type, offsetof(TransportObject, parts));
  return type != nullptr && PyModule_AddType(module, type) == 0;
}

}  // namespace loopscope::bindings

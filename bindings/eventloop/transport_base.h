#pragma once
/// What a transport on a socket is, whether it carries a stream or datagrams: its fields, its callbacks, flow control, and
/// its way to the end:
///
///     open ── close() ──→ closing ── all is sent ──→ lost ── connection_lost() has run ──→ detached
///       └──── close() with nothing to send, abort(), an error ────↑
///
///     open       receives and sends
///     closing    receives nothing more, sends what was written
///     lost       connection_lost() is scheduled or runs; nothing is sent or received
///     detached   has no socket, no protocol and no loop
///
/// A type of transport derives its object from TransportBase, and its C++ parts from TransportParts.
/// Thread: the loop's, with the GIL. Errors: functions that answer bool or PyObject* set a Python exception; the
/// others report what goes wrong themselves. Units: bytes.

#include <Python.h>

#include <cstddef>
#include <cstdint>

#include "bindings/eventloop/loop_object.h"
#include "bindings/eventloop/py_callback.h"

namespace loopscope::bindings {

struct TransportBase;

/// One of a transport's own callbacks: the transport became readable, or writable, or may begin. It records no
/// span of its own: a ProtocolSpan says which method of the protocol was called, and for how long.
class TransportCallback final : public PyCallback {
 public:
  using Action = void (*)(TransportBase*);
  TransportCallback(TransportBase* owner, Action action, tracer::CallbackKind kind)
      : PyCallback(true), owner_(owner), action_(action), kind_(kind) {}
  void retain() override { Py_INCREF(owner_); }
  void drop() override { Py_DECREF(owner_); }
  void run() override;
  [[nodiscard]] PyObject* held() override { return reinterpret_cast<PyObject*>(owner_); }
  /// The transport itself knows what it still wants.
  bool cancel() override { return true; }
  loop::Description describe(tracer::Recorder& recorder) override;
  void set_kind(tracer::CallbackKind kind) { kind_ = kind; }

 private:
  TransportBase* owner_;
  Action action_;
  tracer::CallbackKind kind_;
};

/// The C++ parts of a transport; made when it is attached to its socket, and deleted with it.
class TransportParts {
 public:
  TransportParts(TransportBase* owner, TransportCallback::Action start, TransportCallback::Action read,
                 tracer::CallbackKind reads, TransportCallback::Action write)
      : on_start(owner, start, tracer::CallbackKind::internal),
        on_readable(owner, read, reads),
        on_writable(owner, write, tracer::CallbackKind::resume_writing) {}
  virtual ~TransportParts() = default;
  TransportParts(const TransportParts&) = delete;
  TransportParts& operator=(const TransportParts&) = delete;

  virtual void stop_receiving() = 0;
  virtual void stop_sending() = 0;
  [[nodiscard]] virtual bool has_unsent() const = 0;
  /// As get_write_buffer_size(): datagrams may count for more than their data.
  [[nodiscard]] virtual Py_ssize_t unsent_bytes() const = 0;
  virtual void drop_unsent() = 0;
  /// In the trace; 0 once it is closed.
  [[nodiscard]] virtual std::uint64_t handle_id() const = 0;

  TransportCallback on_start;
  TransportCallback on_readable;
  TransportCallback on_writable;
};

/// What a transport's object begins with. Its fields are zero when Python makes it.
struct TransportBase {
  PyObject_HEAD PyObject*
      attributes;           ///< a dict of what the program sets, made when it does; where asyncio has _extra
  PyObject* base_slots[5];  ///< of asyncio.transports._FlowControlMixin, unused
  TransportParts* parts;    ///< null if it was never attached, or in vain
  LoopObject* loop;
  PyObject* extra;
  PyObject* sock;
  PyObject* protocol;
  PyObject* waiter;   ///< of whoever asked for the transport: done once connection_made() has run
  PyObject* context;  ///< of all its callbacks, from Python 3.15 on; null: of whoever makes, resumes or writes
  PyObject* read_context;
  PyObject* write_context;
  PyObject* weak_references;
  Py_ssize_t fd;
  Py_ssize_t high_water;
  Py_ssize_t low_water;
  Py_ssize_t connection_lost_count;  ///< asyncio's _conn_lost
  char closing;
  char paused;
  char protocol_paused;
  char protocol_connected;
};

inline TransportBase* as_base(PyObject* object) {
  return reinterpret_cast<TransportBase*>(object);
}
inline PyObject* as_object(TransportBase* self) {
  return reinterpret_cast<PyObject*>(self);
}

enum class Stage : std::uint8_t { open, closing, lost, detached };
inline Stage stage_of(const TransportBase* self) {
  if (self->loop == nullptr)
    return Stage::detached;
  if (self->connection_lost_count > 0)
    return Stage::lost;
  return self->closing != 0 ? Stage::closing : Stage::open;
}
/// Puts the context that a callback which is scheduled now will run in into `slot`.
bool renew_context(const TransportBase* self, PyObject*& slot);

// -- telling the protocol

/// Queues `callback(argument)`, a call of the protocol's `method`. Where `method` is null the trace names it after
/// the callback.
bool schedule(TransportBase* self, PyObject* callback, PyObject* argument, tracer::CallbackKind kind,
              PyObject* method);
/// connection_made() has run: tells whoever asked for the transport.
void tell_waiter(TransportBase* self);
/// False with an exception set that has to leave the loop; what else pause_writing() raises is reported.
bool pause_protocol_if_full(TransportBase* self);
void resume_protocol_if_drained(TransportBase* self);
/// The exception that is set was raised by the protocol's `method` in a callback of the loop's.
void report_raised_by(LoopObject* loop, TransportBase* self, PyObject* method);

// -- the end

/// The exception that is set ends the transport, as _SelectorTransport._fatal_error. False if that raises.
bool call_fatal_error(TransportBase* self, const char* message);
/// The same in a callback of the loop's: an exit exception leaves the loop. `loop` is the transport's; the
/// program's code may have ended the transport by now, which then has none.
void fatal(TransportBase* self, LoopObject* loop, const char* message);
bool close_transport(TransportBase* self);
/// Everything is sent, in a callback of on_writable's, and the transport is closing: calls connection_lost() at once.
void lose_connection(TransportBase* self);
/// A write after the end: counted, and from some number on warned of. None, or null with an exception set.
PyObject* write_lost(TransportBase* self);
/// Lets go of all that a detached transport has no use for.
void let_go(TransportBase* self);

// -- what Python sees

int visit_references(TransportBase* self, visitproc visit, void* arg);
PyObject* transport_force_close(PyObject* object, PyObject* exception);
PyObject* transport_abort(PyObject* object, PyObject* none);
PyObject* transport_close(PyObject* object, PyObject* none);
PyObject* transport_get_protocol(PyObject* object, PyObject* none);

/// What the tables of all transports begin with; see joined().
extern const PyMethodDef kTransportMethods[5];
extern const PyMemberDef kTransportMembers[8];
extern const PyGetSetDef kTransportProperties[6];

}  // namespace loopscope::bindings

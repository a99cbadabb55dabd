#pragma once
/// One call of a sock_* method on its way: the coroutine that loop.sock_recv(sock, n) returns.
///
/// It is a plain CPython type, because one is made for each call. It does what asyncio's own coroutine does, in as many turns of
/// the loop. It does nothing until it is first awaited. Then it tries the call. If the kernel would block, it watches the
/// descriptor and waits for a future, which the descriptor's watcher completes.
///
///     sock_method.cpp   which calls are made here, and which are left to asyncio's own code
///     sock_call.cpp     the coroutine: its type, awaiting, throwing, closing
///     sock_waiting.cpp  waiting for the descriptor
///     sock_ops.cpp      the system calls
///
/// Thread: the loop's, with the GIL. Owner: Python's reference counts; a watcher holds one. Errors: Python exceptions.

#include <Python.h>

#include <cstdint>

#include "bindings/eventloop/loop_object.h"
#include "bindings/eventloop/py_callback.h"
#include "bindings/kit/held_buffer.h"

namespace loopscope::bindings {

struct SockCallObject;
struct SockOp;

/// The SockCallObject's face to the loop. Lives inside it.
class SockCallback final : public PyCallback {
 public:
  void retain() override;
  void run() override;
  void drop() override;
  [[nodiscard]] PyObject* held() override;
  bool cancel() override;
  loop::Description describe(tracer::Recorder& recorder) override;
};

enum class SockState : std::uint8_t { fresh, waiting, over };

struct SockCallObject {
  PyObject_HEAD SockCallback work;
  const SockOp* op;
  SockState state;
  int fd;
  int family, type, proto;  ///< of the socket, if the operation asks for them
  LoopObject* loop;
  PyObject* sock;
  PyObject* function;     ///< asyncio's coroutine function, for names
  PyObject* argument;     ///< the second one of the call
  PyObject* address;      ///< sock_sendto's third one
  Py_ssize_t size;        ///< bytes to receive at most
  Py_ssize_t sent;        ///< of sock_sendall
  HeldBuffer data;        ///< of sock_sendall and sock_sendto, from the first try on
  PyObject* future;       ///< while it waits
  PyObject* future_iter;  ///< what awaits it
};

inline SockCallObject* as_call(PyObject* object) {
  return reinterpret_cast<SockCallObject*>(object);
}
inline PyObject* as_object(SockCallObject* call) {
  return reinterpret_cast<PyObject*>(call);
}

/// The result of a try. `value` is a new reference; null with failed (an exception is set) and with again.
struct Attempt {
  enum Outcome : std::uint8_t { done, again, failed } outcome;
  PyObject* value = nullptr;
};

struct SockOp {
  const char* name;
  const char* method;  ///< the socket's own, whose part this plays
  bool writes;
  /// Arguments after the socket, at least and at most.
  Py_ssize_t least, most;
  /// Takes over the arguments. False, without an exception, if asyncio's own code has to make the call.
  bool (*accept)(SockCallObject* call, PyObject* const* args, Py_ssize_t count);
  Attempt (*attempt)(SockCallObject* call);
  bool knows_family;  ///< must know the socket's family, and deals with known_family() only
};

// -- sock_ops.cpp

/// The methods that are made here: a new tuple of their names.
PyObject* sock_op_names();
/// Null if there is no such method here.
[[nodiscard]] const SockOp* find_sock_op(const char* name);

// -- sock_call.cpp

/// A new reference with everything but its arguments; null with an exception set.
SockCallObject* new_sock_call(LoopObject* loop, const SockOp& op, PyObject* function, PyObject* sock);

bool add_sock_call_type(PyObject* module);

// -- sock_waiting.cpp

/// The kernel would block: watches the descriptor, and from here on the future decides. False with an exception set; the
/// caller finishes the call then.
bool begin_to_wait(SockCallObject* call);
/// The call is over, one way or another: nothing is watched or held any more. Idempotent.
void finish_sock_call(SockCallObject* call);
/// The part of that which needs no watcher.
void let_go_of_future(SockCallObject* call);

// -- sock_method.cpp

/// The descriptor of a plain socket, -1 if it is closed.
int sock_descriptor(PyObject* sock);
/// The type of loop.sock_recv and its like.
bool add_sock_method_type(PyObject* module);

}  // namespace loopscope::bindings

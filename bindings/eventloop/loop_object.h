#pragma once
/// The native half of loopscope.Loop. The Python half (loopscope/loop.py) derives from it and from asyncio's own
/// SelectorEventLoop, whose coroutines (create_connection, create_server, getaddrinfo, ...) run unchanged on it.
///
/// A plain CPython type because call_soon(), call_later() and friends run per callback.
/// Thread: the GIL; run() on the loop's thread. Owner: of the loop::Loop. Errors: Python exceptions.

#include <Python.h>

#include <cstddef>

#include "bindings/eventloop/loop_clock.h"
#include "bindings/eventloop/own_methods.h"
#include "bindings/eventloop/sock_leases.h"
#include "bindings/eventloop/watched_files.h"
#include "bindings/kit/buffers.h"
#include "bindings/kit/py_ref.h"
#include "bindings/naming/trace_context.h"
#include "bindings/stalls/python_stacks.h"
#include "loop/loop.h"

namespace loopscope::bindings {

struct LoopObject;

/// Lets go of the GIL while the poll may sleep. Then runs Python's handlers of signals that came: what one raises
/// leaves run_forever(), as it leaves asyncio's by way of select().
class GilGate final : public loop::PollGate {
 public:
  explicit GilGate(LoopObject* owner) : owner_(owner) {}
  void open() override { state_ = PyEval_SaveThread(); }
  void close() override { PyEval_RestoreThread(state_); }
  void closed() override;

 private:
  LoopObject* owner_;
  PyThreadState* state_ = nullptr;
};

/// The C++ parts of a LoopObject.
struct LoopState {
  explicit LoopState(LoopObject* owner) : gate(owner), clock(owner), trace(loop.recorder()) {}

  PythonStacks stacks;  ///< of the loop's thread; the loop's recorder refers to them
  loop::Loop loop;
  GilGate gate;
  LoopClock clock;
  OwnMethods own_methods;
  TraceContext trace;
  Buffers buffers;
  SockLeases leases;
  WatchedFiles files;
  PyRef transports;                   ///< a TransportTable; Loop._transports too
  std::size_t untracked_handles = 0;  ///< those that the garbage collector does not know of
  PyRef exit_exception;               ///< SystemExit or KeyboardInterrupt on its way out of run_forever()
};

struct LoopObject {
  PyObject_HEAD LoopState* state;
  PyObject* thread_id;       ///< Loop._thread_id
  PyObject* current_handle;  ///< Loop._current_handle, debug mode only
  char closed;
  char debug;
};

/// Every callback in a Python program's loop is one of these.
inline PyObject* as_object(LoopObject* loop) {
  return reinterpret_cast<PyObject*>(loop);
}

/// The exception that is set leaves run_forever(): keeps it and interrupts the loop.
void exit_loop(LoopObject* loop);
/// Reports the exception that is set to loop.call_exception_handler(), or exits the loop if it is an exit exception.
/// `context` is a new dict with the message and what else the handler shall know; takes it over.
void report_exception(LoopObject* loop, PyObject* context);

/// Sets the exception for a negative code of the native loop's: RuntimeError if it is closed, else OSError.
void set_loop_error(int code);

[[nodiscard]] bool is_loop(PyObject* object);
bool add_loop_type(PyObject* module);

}  // namespace loopscope::bindings

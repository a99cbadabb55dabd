#include "bindings/eventloop/loop_object.h"

#include <structmember.h>

#include <cerrno>
#include <cstddef>
#include <system_error>
#include <utility>

#include "bindings/eventloop/gc_watch.h"
#include "bindings/eventloop/handle.h"
#include "bindings/eventloop/loop_methods.h"
#include "bindings/eventloop/pool_job.h"
#include "bindings/eventloop/py_callback.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/transport_table.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

namespace {

PyTypeObject* loop_type = nullptr;

// -- running -----------------------------------------------------------------------------------------------------------

PyObject* finish_run(LoopObject* self, int error) {
  track_pending_handles(self);
  if (!self->state->exit_exception && error == 0)
    Py_RETURN_NONE;
  if (self->state->exit_exception)
    put_exception(std::move(self->state->exit_exception));
  else
    set_loop_error(error);
  return nullptr;
}

/// What is closed natively stays so, whatever Python code does to `_closed`. False with an exception set.
bool check_not_ended(PyObject* object) {
  if (!native(as_loop(object)).is_closed())
    return true;
  set_loop_error(loop::Loop::kClosed);
  return false;
}

PyObject* run(PyObject* object, PyObject*) {
  if (!check_not_ended(object))
    return nullptr;
  const PyRef kept = PyRef::borrow(object);
  return finish_run(as_loop(object), native(as_loop(object)).run());
}

PyObject* run_once(PyObject* object, PyObject*) {
  if (!check_not_ended(object))
    return nullptr;
  const PyRef kept = PyRef::borrow(object);
  return finish_run(as_loop(object), native(as_loop(object)).run_once(true));
}

PyObject* write_to_self(PyObject* object, PyObject*) {
  LoopObject* self = as_loop(object);
  if (self->closed == 0 && native(self).needs_wake())
    native(self).wake();
  Py_RETURN_NONE;
}

void stop_recording(LoopObject* self) {
  ignore_collections(self);
  native(self).set_recorder(tracer::Recorder());
  self->state->trace.clear();
}

PyObject* close_native(PyObject* object, PyObject*) {
  LoopObject* self = as_loop(object);
  native(self).close();
  self->state->leases.clear();
  self->state->files.clear();
  stop_recording(self);
  Py_RETURN_NONE;
}

/// In the child of a fork: the session is the parent's, and so is the kernel's side of the poll.
PyObject* after_fork(PyObject* object, PyObject*) {
  LoopObject* self = as_loop(object);
  native(self).recorder().disown();
  if (self->closed == 0)
    native(self).after_fork();
  Py_RETURN_NONE;
}

// -- the type --------------------------------------------------------------------------------------------------------------

PyObject* get_stopping(PyObject* object, void*) {
  return PyBool_FromLong(native(as_loop(object)).stopping());
}
int set_stopping(PyObject* object, PyObject* value, void*) {
  const int truth = value != nullptr ? PyObject_IsTrue(value) : 0;
  if (truth < 0)
    return -1;
  if (truth != 0)
    native(as_loop(object)).stop();
  else
    native(as_loop(object)).clear_stop();
  return 0;
}
PyObject* stop(PyObject* object, PyObject*) {
  native(as_loop(object)).stop();
  Py_RETURN_NONE;
}
PyObject* get_transport_table(PyObject* object, void*) {
  return or_none(as_loop(object)->state->transports.get());
}

/// asyncio calls this for its own timer handles; ours are counted when they are cancelled.
PyObject* timer_handle_cancelled(PyObject*, PyObject*) {
  Py_RETURN_NONE;
}

PyObject* make(PyTypeObject* type, PyObject*, PyObject*) {
  auto* self = reinterpret_cast<LoopObject*>(type->tp_alloc(type, 0));
  if (self == nullptr)
    return nullptr;
  try {
    self->state = new LoopState(self);
  } catch (const std::system_error& error) {
    Py_DECREF(self);
    errno = error.code().value();
    PyErr_SetFromErrno(PyExc_OSError);
    return nullptr;
  }
  self->state->transports = PyRef::steal(new_transport_table());
  if (!self->state->transports) {
    Py_DECREF(self);
    return nullptr;
  }
  self->state->loop.set_gate(&self->state->gate);
  self->state->loop.set_clock(&self->state->clock);
  return as_object(self);
}

int init(PyObject* object, PyObject*, PyObject*) {
  return check_not_ended(object) ? 0 : -1;
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  LoopObject* self = as_loop(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->thread_id);
  Py_VISIT(self->current_handle);
  if (self->state == nullptr)
    return 0;
  Py_VISIT(self->state->exit_exception.get());
  int result = self->state->leases.traverse(visit, arg);
  if (result == 0)
    result = self->state->files.traverse(visit, arg);
  self->state->loop.for_each_callback([&](loop::Callback& callback) {
    if (result == 0)
      result = visit(static_cast<PyCallback&>(callback).held(), arg);
  });
  return result;
}

int clear_references(PyObject* object) {
  LoopObject* self = as_loop(object);
  Py_CLEAR(self->thread_id);
  Py_CLEAR(self->current_handle);
  if (self->state != nullptr) {
    self->state->exit_exception = PyRef();
    self->state->leases.clear();
    self->state->files.clear();
    self->state->loop.close();
    stop_recording(self);
  }
  return 0;
}

void dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  clear_references(object);
  delete std::exchange(as_loop(object)->state, nullptr);
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"call_soon", method<call_soon>(), METH_FASTCALL | METH_KEYWORDS,
     "call_soon($self, callback, *args, context=None)\n--\n\nRun the callback in the next iteration, after those "
     "queued "
     "before."},
    {"call_soon_threadsafe", method<call_soon_threadsafe>(), METH_FASTCALL | METH_KEYWORDS,
     "call_soon_threadsafe($self, callback, *args, context=None)\n--\n\nLike call_soon(), from any thread; wakes "
     "the loop."},
    {"call_later", method<call_later>(), METH_FASTCALL | METH_KEYWORDS,
     "call_later($self, delay, callback, *args, context=None)\n--\n\nRun the callback after `delay` seconds."},
    {"call_at", method<call_at>(), METH_FASTCALL | METH_KEYWORDS,
     "call_at($self, when, callback, *args, context=None)\n--\n\nRun the callback at `when` seconds on time()'s "
     "clock."},
    {"time", method<py_time>(), METH_NOARGS, "time($self)\n--\n\nSeconds on CLOCK_MONOTONIC, to the nanosecond."},
    {"stop", method<stop>(), METH_NOARGS,
     "stop($self)\n--\n\nEnd run_forever() after the callbacks of this iteration."},
    {"create_future", method<create_future>(), METH_NOARGS, "create_future($self)\n--\n\nA future of this loop."},
    {"get_debug", method<get_debug>(), METH_NOARGS, "get_debug($self)\n--\n\nTrue in debug mode."},
    {"is_closed", method<is_closed>(), METH_NOARGS, "is_closed($self)\n--\n\nTrue once close() was called."},
    {"is_running", method<is_running>(), METH_NOARGS,
     "is_running($self)\n--\n\nTrue while it runs, in whichever thread."},
    {"_add_callback", method<add_callback>(), METH_O, nullptr},
    {"_timer_handle_cancelled", method<timer_handle_cancelled>(), METH_O, nullptr},
    {"_write_to_self", method<write_to_self>(), METH_NOARGS, nullptr},
    {"_run", method<run>(), METH_NOARGS, nullptr},
    {"_run_once", method<run_once>(), METH_NOARGS, nullptr},
    {"_close_native", method<close_native>(), METH_NOARGS, nullptr},
    {"_after_fork", method<after_fork>(), METH_NOARGS, nullptr},
    {"_ready_handles", method<ready_handles>(), METH_NOARGS, nullptr},
    {"_timer_handles", method<timer_handles>(), METH_NOARGS, nullptr},
    {"_clear_ready", method<clear_ready>(), METH_NOARGS, nullptr},
    {"_clear_timers", method<clear_timers>(), METH_NOARGS, nullptr},
    {"_add_reader", method<add_reader>(), METH_FASTCALL | METH_KEYWORDS, nullptr},
    {"_add_writer", method<add_writer>(), METH_FASTCALL | METH_KEYWORDS, nullptr},
    {"_remove_reader", method<remove_reader>(), METH_O, nullptr},
    {"_remove_writer", method<remove_writer>(), METH_O, nullptr},
    {"_watched_events", method<watched_events>(), METH_O, nullptr},
    {"_set_passive", method<set_passive>(), METH_FASTCALL, nullptr},
    {"_open_session", method<open_session>(), METH_VARARGS, nullptr},
    {"_take_stall", method<take_stall>(), METH_NOARGS, nullptr},
    {"_take_stall_threshold", method<take_stall_threshold>(), METH_NOARGS, nullptr},
    {"_remove_session", method<remove_session>(), METH_NOARGS, nullptr},
    {"_open_handle", method<open_handle>(), METH_FASTCALL, nullptr},
    {"_close_handle", method<close_handle>(), METH_FASTCALL, nullptr},
    {"_count_bytes", method<count_bytes>(), METH_FASTCALL, nullptr},
    {"_in_span", method<in_span>(), METH_FASTCALL, nullptr},
    {"_soon_in_span", method<soon_in_span>(), METH_FASTCALL, nullptr},
    {"_pool_job", method<pool_job>(), METH_FASTCALL, nullptr},
    {"_say_mark", method<say_mark>(), METH_FASTCALL, nullptr},
    {"_say_span_begin", method<say_span_begin>(), METH_FASTCALL, nullptr},
    {"_say_span_end", method<say_span_end>(), METH_FASTCALL, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef members[] = {
    {"_closed", T_BOOL, offsetof(LoopObject, closed), 0, nullptr},
    {"_debug", T_BOOL, offsetof(LoopObject, debug), 0, nullptr},
    {"_thread_id", T_OBJECT, offsetof(LoopObject, thread_id), 0, nullptr},
    {"_current_handle", T_OBJECT, offsetof(LoopObject, current_handle), 0, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyGetSetDef properties[] = {
    {"_stopping", get_stopping, set_stopping, nullptr, nullptr},
    {"_ready_count", get_ready_count, nullptr, "Callbacks in the ready queue.", nullptr},
    {"_has_viewer", has_viewer, nullptr, "Whether a viewer that asks for a level is attached.", nullptr},
    {"_is_recorded", is_recorded, nullptr, "Whether anything is recorded now.", nullptr},
    {"_records_jobs", records_jobs, nullptr, "Whether jobs of thread pools are recorded now.", nullptr},
    {"_transport_table", get_transport_table, nullptr, "For Loop._transports.", nullptr},
    {"_timer_count", get_timer_count, nullptr, "Timers that wait.", nullptr},
    {"trace_level", get_level, set_level,
     "How much the program asks to have recorded: 'off', 'phases', 'callbacks' or 'tasks'. An attached viewer may "
     "raise "
     "it. Takes effect at the next poll.",
     nullptr},
    {"session_path", get_session_path, nullptr, "Where the trace lies; None if the loop is not traced.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

void GilGate::closed() {
  if (PyErr_CheckSignals() != 0)
    exit_loop(owner_);
}

void exit_loop(LoopObject* loop) {
  PyRef exception = take_exception();
  if (!loop->state->exit_exception)
    loop->state->exit_exception = std::move(exception);
  loop->state->loop.interrupt();
}

void report_exception(LoopObject* loop, PyObject* context) {
  const PyRef owned = PyRef::steal(context);
  const PyRef done = PyRef::steal(
      owned ? PyObject_CallMethodOneArg(as_object(loop), runtime().call_exception_handler, owned.get()) : nullptr);
  if (done)
    return;
  if (is_exit_exception())
    exit_loop(loop);
  else
    PyErr_WriteUnraisable(as_object(loop));
}

void set_loop_error(int code) {
  if (code == loop::Loop::kClosed) {
    PyErr_SetString(PyExc_RuntimeError, "Event loop is closed");
    return;
  }
  errno = -code;
  PyErr_SetFromErrno(PyExc_OSError);
}

bool is_loop(PyObject* object) {
  return PyObject_TypeCheck(object, loop_type);
}

bool add_loop_type(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_new, reinterpret_cast<void*>(Guarded<make>::call)},
      {Py_tp_init, reinterpret_cast<void*>(Guarded<init>::call)},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
      {Py_tp_setattro, reinterpret_cast<void*>(set_loop_attribute)},
      {Py_tp_methods, methods},
      {Py_tp_members, members},
      {Py_tp_getset, properties},
      {Py_tp_doc, const_cast<char*>("The native half of loopscope.Loop.")},
      {0, nullptr},
  };
  PyType_Spec spec = {"loopscope._native.LoopBase", sizeof(LoopObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  loop_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return loop_type != nullptr && PyModule_AddType(module, loop_type) == 0;
}

}  // namespace loopscope::bindings

#pragma once
/// The methods of LoopBase that have files of their own; loop_object.cpp has the type and what is left.
/// Signatures are CPython's. Thread: the loop's, with the GIL, except call_soon_threadsafe. Errors: Python exceptions.

#include <Python.h>

#include "bindings/eventloop/loop_object.h"

namespace loopscope::bindings {

inline LoopObject* as_loop(PyObject* object) {
  return reinterpret_cast<LoopObject*>(object);
}
inline loop::Loop& native(LoopObject* self) {
  return self->state->loop;
}

/// False with asyncio's RuntimeError if the loop is closed.
bool check_open(LoopObject* self);
/// The arguments of call_soon(callback, *args, context=None) and its like, as a vectorcall hands them over.
struct SchedulingArguments {
  PyObject* const* args;  ///< borrowed: the named parameters, then *args
  Py_ssize_t count;
  PyObject* context = nullptr;  ///< borrowed; null if it is not given
  PyObject* by_name[2] = {};    ///< where args points if a parameter came as a keyword

  /// `names` are those of the parameters before *args, one or two. False with a TypeError set.
  template <std::size_t kNames>
  bool take(const char* method, const char* const (&names)[kNames], PyObject* keywords) {
    static_assert(kNames <= 2);
    return take(method, names, kNames, keywords);
  }

 private:
  bool take(const char* method, const char* const* names, Py_ssize_t name_count, PyObject* keywords);
  bool take_keywords(const char* method, const char* const* names, Py_ssize_t name_count, PyObject* keywords);
};

// -- loop_scheduling.cpp: what runs per callback

PyObject* call_soon(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);
PyObject* call_soon_threadsafe(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);
PyObject* call_later(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);
PyObject* call_at(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);
PyObject* py_time(PyObject* self, PyObject* none);
/// asyncio's own code hands its Handles over here: signals.
PyObject* add_callback(PyObject* self, PyObject* handle);

// -- loop_futures.cpp: what asyncio asks of its loop whenever it makes a future or a task

PyObject* create_future(PyObject* self, PyObject* none);
PyObject* get_debug(PyObject* self, PyObject* none);
PyObject* is_closed(PyObject* self, PyObject* none);
PyObject* is_running(PyObject* self, PyObject* none);
/// As loop.create_future(), which a program may have of its own.
PyObject* new_future(LoopObject* loop);

// -- loop_watching.cpp: file descriptors

/// Cancels the callback of a watched descriptor that is about to be replaced or removed. It is not called any more, even if
/// it is queued. Null is allowed. False with an exception set.
bool cancel_watch(loop::Callback* watching);
/// _add_reader(file, callback, *args, context=None): Python 3.15 says in which context.
PyObject* add_reader(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);
PyObject* add_writer(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords);
PyObject* remove_reader(PyObject* self, PyObject* file);
PyObject* remove_writer(PyObject* self, PyObject* file);
/// selectors.EVENT_READ | selectors.EVENT_WRITE for a descriptor, 0 if it is not watched.
PyObject* watched_events(PyObject* self, PyObject* file);
/// _set_passive(fd, passive): whether the loop may leave polls out although `fd` is watched.
PyObject* set_passive(PyObject* self, PyObject* const* args, Py_ssize_t count);

// -- loop_queues.cpp: what waits, as Python sees it

/// How many callbacks are ready; how many timers wait, without the cancelled ones.
PyObject* get_ready_count(PyObject* self, void*);
PyObject* get_timer_count(PyObject* self, void*);
/// New lists of handles: the ready ones in the order in which they will run; the timers by due time, cancelled ones included.
/// A transport or a sock call that waits in the queue gets a handle made for this list.
PyObject* ready_handles(PyObject* self, PyObject* none);
PyObject* timer_handles(PyObject* self, PyObject* none);
/// Drops them.
PyObject* clear_ready(PyObject* self, PyObject* none);
PyObject* clear_timers(PyObject* self, PyObject* none);

// -- loop_trace.cpp: the session

/// _open_session(program, python_version, loop_number) -> sentence or None. Environment variables give the rest; a warning
/// names those that make no sense.
PyObject* open_session(PyObject* self, PyObject* args);
/// Removes the session's file; the loop may run on.
PyObject* remove_session(PyObject* self, PyObject*);
PyObject* take_stall_threshold(PyObject* object, PyObject*);
PyObject* take_stall(PyObject* object, PyObject*);
PyObject* has_viewer(PyObject* object, void*);
PyObject* get_level(PyObject* self, void*);
int set_level(PyObject* self, PyObject* value, void*);
PyObject* get_session_path(PyObject* self, void*);

// -- loop_says.cpp: marks and spans of the program, for loopscope/marks.py

PyObject* is_recorded(PyObject* self, void*);
PyObject* records_jobs(PyObject* self, void*);
///     _say_mark(text, details)                 details: a str or None
///     _say_span_begin(text, details) -> id
///     _say_span_end(id, text)
PyObject* say_mark(PyObject* self, PyObject* const* args, Py_ssize_t count);
PyObject* say_span_begin(PyObject* self, PyObject* const* args, Py_ssize_t count);
PyObject* say_span_end(PyObject* self, PyObject* const* args, Py_ssize_t count);

// -- loop_spans.cpp: asyncio's transports in Python

/// What Loop offers asyncio's transports in Python, so that they are recorded as the native ones are. `kind` is a
/// number of tracer/format.h, `handle_id` what _open_handle() answered.
///
///     _open_handle(kind, protocol, fd) -> handle_id
///     _close_handle(kind, handle_id)
///     _count_bytes(handle_id, read, written)                    a negative number: none
///     _in_span(kind, handle_id, protocol, callable, *args)      calls it now, as the protocol's method
///     _soon_in_span(kind, handle_id, protocol, callable, *args) calls it soon
PyObject* open_handle(PyObject* self, PyObject* const* args, Py_ssize_t count);
PyObject* close_handle(PyObject* self, PyObject* const* args, Py_ssize_t count);
PyObject* count_bytes(PyObject* self, PyObject* const* args, Py_ssize_t count);
PyObject* in_span(PyObject* self, PyObject* const* args, Py_ssize_t count);
PyObject* soon_in_span(PyObject* self, PyObject* const* args, Py_ssize_t count);

}  // namespace loopscope::bindings

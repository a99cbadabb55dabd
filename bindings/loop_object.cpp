#include "bindings/loop_object.h"

#include <structmember.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <system_error>

#include "bindings/handle.h"
#include "bindings/runtime.h"
#include "bindings/type_kit.h"
#include "tracer/words.h"

namespace loopscope::bindings {

using tracer::CallbackKind;
using tracer::Level;

namespace {

PyTypeObject* loop_type = nullptr;

LoopObject* as_loop(PyObject* object) { return reinterpret_cast<LoopObject*>(object); }
loop::Loop& native(LoopObject* self) { return self->state->loop; }

// -- scheduling: what runs per callback ------------------------------------------------------------------------------

bool check_open(LoopObject* self) {
  if (self->closed == 0) [[likely]]
    return true;
  PyErr_SetString(PyExc_RuntimeError, "Event loop is closed");
  return false;
}

/// Debug mode's checks, by asyncio's own methods.
bool check_in_debug(LoopObject* self, PyObject* callback, const char* method, bool check_thread) {
  if (self->debug == 0) [[likely]]
    return true;
  if (check_thread) {
    const PyRef checked = PyRef::steal(PyObject_CallMethod(as_object(self), "_check_thread", nullptr));
    if (!checked)
      return false;
  }
  const PyRef checked = PyRef::steal(PyObject_CallMethod(as_object(self), "_check_callback", "Os", callback, method));
  return static_cast<bool>(checked);
}

struct Arguments {
  PyObject* const* values;
  Py_ssize_t count;
  PyObject* context;
};

/// Takes `context=` off a vectorcall; any other keyword is a TypeError, as are fewer than `least` arguments.
bool parse(const char* method, PyObject* const* args, Py_ssize_t count, PyObject* keywords, Py_ssize_t least,
           Arguments& parsed) {
  parsed = {args, count, nullptr};
  const Py_ssize_t keyword_count = keywords != nullptr ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t i = 0; i < keyword_count; ++i) {
    PyObject* keyword = PyTuple_GET_ITEM(keywords, i);
    if (keyword != runtime().context && PyUnicode_Compare(keyword, runtime().context) != 0) {
      PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument %R", method, keyword);
      return false;
    }
    parsed.context = args[count + i];
  }
  if (parsed.context != nullptr && parsed.context != Py_None && !PyContext_CheckExact(parsed.context)) {
    PyErr_Format(PyExc_TypeError, "%s(): context must be a contextvars.Context, not %.100s", method,
                 Py_TYPE(parsed.context)->tp_name);
    return false;
  }
  if (count >= least)
    return true;
  PyErr_Format(PyExc_TypeError, "%s() missing %zd required positional argument%s", method, least - count,
               least - count == 1 ? "" : "s");
  return false;
}

/// A task first shows itself by scheduling its first step.
void note_task(LoopObject* self, PyObject* callback) {
  tracer::Recorder& recorder = native(self).recorder();
  PyObject* task = task_behind(callback);
  const auto id = reinterpret_cast<std::uint64_t>(task);
  if (task != nullptr && !recorder.knows_task(id))
    recorder.task_created(self->state->names.task(recorder, task), id);
}

PyObject* schedule_soon(LoopObject* self, const char* method, CallbackKind kind, PyObject* const* args, Py_ssize_t count,
                        PyObject* keywords) {
  Arguments parsed;
  if (!parse(method, args, count, keywords, 1, parsed) || !check_open(self) ||
      !check_in_debug(self, args[0], method, kind == CallbackKind::soon))
    return nullptr;
  HandleObject* handle = new_handle({self, args[0], args + 1, count - 1, parsed.context, kind});
  if (handle == nullptr)
    return nullptr;
  if (native(self).recorder().tasks()) [[unlikely]]
    note_task(self, args[0]);
  Py_INCREF(handle);
  native(self).call_soon(handle->work);
  return reinterpret_cast<PyObject*>(handle);
}

PyObject* call_soon(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return schedule_soon(as_loop(self), "call_soon", CallbackKind::soon, args, count, keywords);
}

PyObject* call_soon_threadsafe(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  PyObject* handle =
      schedule_soon(as_loop(self), "call_soon_threadsafe", CallbackKind::threadsafe, args, count, keywords);
  if (handle != nullptr && native(as_loop(self)).needs_wake())
    native(as_loop(self)).wake();
  return handle;
}

/// Seconds to ns, rounded up so that a timer is never early.
std::int64_t to_ns(double seconds) {
  const double ns = std::ceil(seconds * 1e9);
  if (ns >= 9.2e18)
    return std::numeric_limits<std::int64_t>::max();
  return ns <= 0 || std::isnan(ns) ? 0 : static_cast<std::int64_t>(ns);
}

PyObject* schedule_at(LoopObject* self, const char* method, double when, PyObject* when_object, PyObject* const* args,
                      Py_ssize_t count, PyObject* context) {
  if (!check_in_debug(self, args[0], method, true))
    return nullptr;
  HandleObject* handle =
      new_timer_handle({self, args[0], args + 1, count - 1, context, CallbackKind::timer}, when, when_object);
  if (handle == nullptr)
    return nullptr;
  Py_INCREF(handle);
  handle->timer_id = native(self).call_at(to_ns(when), handle->work);
  return reinterpret_cast<PyObject*>(handle);
}

double now_seconds() { return static_cast<double>(tracer::monotonic_ns()) * 1e-9; }

PyObject* call_later(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  LoopObject* self = as_loop(object);
  Arguments parsed;
  if (!parse("call_later", args, count, keywords, 2, parsed) || !check_open(self))
    return nullptr;
  if (args[0] == Py_None) {
    PyErr_SetString(PyExc_TypeError, "delay must not be None");
    return nullptr;
  }
  double delay = 0;
  if (PyFloat_CheckExact(args[0])) [[likely]] {
    delay = PyFloat_AS_DOUBLE(args[0]);
  } else {
    const PyRef base = PyRef::steal(PyFloat_FromDouble(0.0));
    const PyRef sum = PyRef::steal(PyNumber_Add(base.get(), args[0]));
    delay = sum ? PyFloat_AsDouble(sum.get()) : -1.0;
    if (delay == -1.0 && PyErr_Occurred() != nullptr)
      return nullptr;
  }
  return schedule_at(self, "call_at", now_seconds() + delay, nullptr, args + 1, count - 1, parsed.context);
}

PyObject* call_at(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  LoopObject* self = as_loop(object);
  Arguments parsed;
  if (!parse("call_at", args, count, keywords, 2, parsed))
    return nullptr;
  if (args[0] == Py_None) {
    PyErr_SetString(PyExc_TypeError, "when cannot be None");
    return nullptr;
  }
  if (!check_open(self))
    return nullptr;
  const double when = PyFloat_AsDouble(args[0]);
  if (when == -1.0 && PyErr_Occurred() != nullptr)
    return nullptr;
  return schedule_at(self, "call_at", when, args[0], args + 1, count - 1, parsed.context);
}

PyObject* py_time(PyObject*, PyObject*) { return PyFloat_FromDouble(now_seconds()); }

/// A stock asyncio.Handle, as asyncio's own code makes them for signals: runs as a callback of its own.
PyObject* add_callback(PyObject* object, PyObject* handle) {
  LoopObject* self = as_loop(object);
  if (is_handle(handle)) {
    auto* ours = reinterpret_cast<HandleObject*>(handle);
    if (!ours->work.cancelled()) {
      Py_INCREF(ours);
      native(self).call_soon(ours->work);
    }
    Py_RETURN_NONE;
  }
  const PyRef run = PyRef::steal(PyObject_GetAttrString(handle, "_run"));
  const PyRef callback = PyRef::steal(PyObject_GetAttrString(handle, "_callback"));
  if (!run || !callback)
    return nullptr;
  if (callback.get() == Py_None)
    Py_RETURN_NONE;
  tracer::Recorder& recorder = native(self).recorder();
  HandleParts parts{self, run.get()};
  parts.kind = CallbackKind::signal;
  if (recorder.on())
    parts.named = self->state->names.describe(recorder, callback.get(), CallbackKind::signal).name;
  HandleObject* wrapper = new_handle(parts);
  if (wrapper == nullptr)
    return nullptr;
  native(self).call_soon(wrapper->work);
  Py_RETURN_NONE;
}

// -- running -----------------------------------------------------------------------------------------------------------

PyObject* finish_run(LoopObject* self) {
  if (!self->state->exit_exception)
    Py_RETURN_NONE;
  put_exception(std::move(self->state->exit_exception));
  return nullptr;
}

PyObject* run(PyObject* object, PyObject*) {
  const PyRef kept = PyRef::borrow(object);
  native(as_loop(object)).run();
  return finish_run(as_loop(object));
}

PyObject* run_once(PyObject* object, PyObject*) {
  const PyRef kept = PyRef::borrow(object);
  native(as_loop(object)).run_once(true);
  return finish_run(as_loop(object));
}

PyObject* write_to_self(PyObject* object, PyObject*) {
  LoopObject* self = as_loop(object);
  if (self->closed == 0 && native(self).needs_wake())
    native(self).wake();
  Py_RETURN_NONE;
}

PyObject* close_native(PyObject* object, PyObject*) {
  LoopObject* self = as_loop(object);
  native(self).close();
  native(self).set_recorder(tracer::Recorder());
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

// -- file descriptors --------------------------------------------------------------------------------------------------

/// The file descriptor of an int or of an object with fileno(); errors as the selectors module words them.
int descriptor_of(PyObject* file) {
  const int fd = PyObject_AsFileDescriptor(file);
  if (fd >= 0)
    return fd;
  if (PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_AttributeError)) {
    PyErr_Clear();
    PyErr_Format(PyExc_ValueError, "Invalid file object: %R", file);
  }
  return -1;
}

PyObject* raise_os_error(int uv_code) {
  errno = -uv_code;
  return PyErr_SetFromErrno(PyExc_OSError);
}

void cancel_callback(loop::Callback* callback) {
  auto* handle = callback != nullptr ? dynamic_cast<HandleCallback*>(callback) : nullptr;
  if (handle != nullptr)
    cancel_handle(handle_of(*handle));
}

PyObject* add_watch(PyObject* object, PyObject* const* args, Py_ssize_t count, CallbackKind kind) {
  LoopObject* self = as_loop(object);
  if (count < 2) {
    PyErr_SetString(PyExc_TypeError, "a file descriptor and a callback are required");
    return nullptr;
  }
  if (!check_open(self))
    return nullptr;
  const int fd = descriptor_of(args[0]);
  if (fd < 0)
    return nullptr;
  int error = 0;
  loop::FdWatcher* watcher = native(self).watcher(fd, error);
  if (watcher == nullptr)
    return raise_os_error(error);
  HandleObject* handle = new_handle({self, args[1], args + 2, count - 2, nullptr, kind});
  if (handle == nullptr)
    return nullptr;
  const bool reads = kind == CallbackKind::reader;
  loop::Callback* old = reads ? watcher->reader() : watcher->writer();
  const PyRef kept = PyRef::borrow(old != nullptr && dynamic_cast<HandleCallback*>(old) != nullptr
                                       ? reinterpret_cast<PyObject*>(handle_of(*static_cast<HandleCallback*>(old)))
                                       : nullptr);
  watcher->note_opened(self->state->names.describe(native(self).recorder(), args[1], kind).name);
  Py_INCREF(handle);
  error = reads ? watcher->set_reader(&handle->work) : watcher->set_writer(&handle->work);
  if (error != 0) {
    Py_DECREF(handle);
    return raise_os_error(error);
  }
  if (kept)
    cancel_handle(reinterpret_cast<HandleObject*>(kept.get()));
  return reinterpret_cast<PyObject*>(handle);
}

PyObject* add_reader(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return add_watch(self, args, count, CallbackKind::reader);
}
PyObject* add_writer(PyObject* self, PyObject* const* args, Py_ssize_t count) {
  return add_watch(self, args, count, CallbackKind::writer);
}

PyObject* remove_watch(PyObject* object, PyObject* file, bool reads) {
  LoopObject* self = as_loop(object);
  if (self->closed != 0)
    Py_RETURN_FALSE;
  const int fd = descriptor_of(file);
  if (fd < 0)
    return nullptr;
  loop::FdWatcher* watcher = native(self).find_watcher(fd);
  loop::Callback* old = watcher == nullptr ? nullptr : reads ? watcher->reader() : watcher->writer();
  if (old == nullptr)
    Py_RETURN_FALSE;
  cancel_callback(old);
  if (reads)
    watcher->set_reader(nullptr);
  else
    watcher->set_writer(nullptr);
  Py_RETURN_TRUE;
}

PyObject* remove_reader(PyObject* self, PyObject* file) { return remove_watch(self, file, true); }
PyObject* remove_writer(PyObject* self, PyObject* file) { return remove_watch(self, file, false); }

/// selectors.EVENT_READ | selectors.EVENT_WRITE for a descriptor, 0 if it is not watched.
PyObject* watched_events(PyObject* object, PyObject* file) {
  const int fd = descriptor_of(file);
  if (fd < 0)
    return nullptr;
  const loop::FdWatcher* watcher = as_loop(object)->closed != 0 ? nullptr : native(as_loop(object)).find_watcher(fd);
  if (watcher == nullptr)
    return PyLong_FromLong(0);
  return PyLong_FromLong((watcher->reader() != nullptr ? 1 : 0) | (watcher->writer() != nullptr ? 2 : 0));
}

// -- the trace -----------------------------------------------------------------------------------------------------------

/// _open_session(program, python_version, loop_number, level, ring_events, directory) -> sentence or None
PyObject* open_session(PyObject* object, PyObject* args) {
  const char *program = nullptr, *python = nullptr, *level_word = nullptr, *directory = nullptr;
  unsigned int number = 0;
  unsigned long long ring_events = 0;
  if (!PyArg_ParseTuple(args, "ssIsKs", &program, &python, &number, &level_word, &ring_events, &directory))
    return nullptr;
  tracer::SessionFacts facts;
  facts.libuv_version = uv_version_string();
  facts.python_version = python;
  facts.program = program;
  facts.loop_number = number;
  facts.directory = directory;
  if (ring_events != 0)
    facts.ring_events = ring_events;
  loop::Loop::phase_order(facts.phase_order);
  const auto level = tracer::parse_level(level_word);
  if (!level) {
    PyErr_Format(PyExc_ValueError, "level must be off, phases, callbacks or tasks, not '%s'", level_word);
    return nullptr;
  }
  std::string error;
  auto session = tracer::WritableSession::create(facts, error);
  if (session == nullptr)
    return PyUnicode_FromStringAndSize(error.data(), static_cast<Py_ssize_t>(error.size()));
  native(as_loop(object)).set_recorder(tracer::Recorder(std::move(session), *level));
  Py_RETURN_NONE;
}

PyObject* get_level(PyObject* object, void*) {
  const auto word = tracer::level_name(native(as_loop(object)).recorder().own_level());
  return PyUnicode_FromStringAndSize(word.data(), static_cast<Py_ssize_t>(word.size()));
}

int set_level(PyObject* object, PyObject* value, void*) {
  const char* word = value != nullptr && PyUnicode_Check(value) ? PyUnicode_AsUTF8(value) : nullptr;
  const auto level = word != nullptr ? tracer::parse_level(word) : std::nullopt;
  if (!level) {
    PyErr_Format(PyExc_ValueError, "trace_level must be 'off', 'phases', 'callbacks' or 'tasks', not %R", value);
    return -1;
  }
  native(as_loop(object)).recorder().set_level(*level);
  return 0;
}

PyObject* get_session_path(PyObject* object, void*) {
  const tracer::WritableSession* session = native(as_loop(object)).recorder().session();
  if (session == nullptr || session->path().empty())
    return or_none(nullptr);
  return PyUnicode_DecodeFSDefaultAndSize(session->path().data(), static_cast<Py_ssize_t>(session->path().size()));
}

// -- the type --------------------------------------------------------------------------------------------------------------

PyObject* get_stopping(PyObject* object, void*) { return PyBool_FromLong(native(as_loop(object)).stopping()); }
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
PyObject* get_ready_count(PyObject* object, void*) { return PyLong_FromSize_t(native(as_loop(object)).ready_size()); }
PyObject* get_timer_count(PyObject* object, void*) { return PyLong_FromSize_t(native(as_loop(object)).timer_count()); }

/// asyncio calls this for its own timer handles; ours are counted by cancel_handle().
PyObject* timer_handle_cancelled(PyObject*, PyObject*) { Py_RETURN_NONE; }

PyObject* make(PyTypeObject* type, PyObject*, PyObject*) {
  auto* self = reinterpret_cast<LoopObject*>(type->tp_alloc(type, 0));
  if (self == nullptr)
    return nullptr;
  try {
    self->state = new LoopState;
  } catch (const std::system_error& error) {
    Py_DECREF(self);
    errno = error.code().value();
    PyErr_SetFromErrno(PyExc_OSError);
    return nullptr;
  }
  self->state->loop.set_gate(&self->state->gate);
  self->state->read_buffer = std::make_unique_for_overwrite<char[]>(kReadBufferBytes);
  return as_object(self);
}

int init(PyObject*, PyObject*, PyObject*) { return 0; }

int traverse(PyObject* object, visitproc visit, void* arg) {
  LoopObject* self = as_loop(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->thread_id);
  Py_VISIT(self->current_handle);
  if (self->state == nullptr)
    return 0;
  Py_VISIT(self->state->exit_exception.get());
  int result = 0;
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
    self->state->loop.close();
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

template <typename Function>
PyCFunction as_method(Function* function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

PyMethodDef methods[] = {
    {"call_soon", as_method(call_soon), METH_FASTCALL | METH_KEYWORDS,
     "call_soon(callback, *args, context=None)\n\nRun the callback in the next iteration, after those queued before."},
    {"call_soon_threadsafe", as_method(call_soon_threadsafe), METH_FASTCALL | METH_KEYWORDS,
     "call_soon_threadsafe(callback, *args, context=None)\n\nLike call_soon(), from any thread; wakes the loop."},
    {"call_later", as_method(call_later), METH_FASTCALL | METH_KEYWORDS,
     "call_later(delay, callback, *args, context=None)\n\nRun the callback after `delay` seconds."},
    {"call_at", as_method(call_at), METH_FASTCALL | METH_KEYWORDS,
     "call_at(when, callback, *args, context=None)\n\nRun the callback at `when` seconds on time()'s clock."},
    {"time", py_time, METH_NOARGS, "Seconds on CLOCK_MONOTONIC, to the nanosecond."},
    {"stop", stop, METH_NOARGS, "End run_forever() after the callbacks of this iteration."},
    {"_add_callback", add_callback, METH_O, nullptr},
    {"_timer_handle_cancelled", timer_handle_cancelled, METH_O, nullptr},
    {"_write_to_self", write_to_self, METH_NOARGS, nullptr},
    {"_run", run, METH_NOARGS, nullptr},
    {"_run_once", run_once, METH_NOARGS, nullptr},
    {"_close_native", close_native, METH_NOARGS, nullptr},
    {"_after_fork", after_fork, METH_NOARGS, nullptr},
    {"_add_reader", as_method(add_reader), METH_FASTCALL, nullptr},
    {"_add_writer", as_method(add_writer), METH_FASTCALL, nullptr},
    {"_remove_reader", remove_reader, METH_O, nullptr},
    {"_remove_writer", remove_writer, METH_O, nullptr},
    {"_watched_events", watched_events, METH_O, nullptr},
    {"_open_session", open_session, METH_VARARGS, nullptr},
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
    {"_timer_count", get_timer_count, nullptr, "Timers that wait.", nullptr},
    {"trace_level", get_level, set_level,
     "How much the program asks to have recorded: 'off', 'phases', 'callbacks' or 'tasks'. An attached viewer may raise "
     "it. Takes effect at the next poll.",
     nullptr},
    {"session_path", get_session_path, nullptr, "Where the trace lies; None if the loop is not traced.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

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

bool is_loop(PyObject* object) { return PyObject_TypeCheck(object, loop_type); }

bool add_loop_type(PyObject* module) {
  PyType_Slot slots[] = {
      {Py_tp_new, reinterpret_cast<void*>(make)},
      {Py_tp_init, reinterpret_cast<void*>(init)},
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
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

#include "bindings/eventloop/loop_methods.h"

#include <limits>

#include "bindings/eventloop/handle.h"
#include "bindings/kit/py_ref.h"
#include "bindings/naming/watch_kind.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

namespace {

/// What int() makes of a file's fileno(). Null with an exception set.
PyRef number_of(PyObject* file) {
  if (PyLong_Check(file))
    return PyRef::borrow(file);
  const PyRef answer = PyRef::steal(PyObject_CallMethod(file, "fileno", nullptr));
  PyRef number = PyRef::steal(answer ? PyNumber_Long(answer.get()) : nullptr);
  if (!number && (PyErr_ExceptionMatches(PyExc_TypeError) || PyErr_ExceptionMatches(PyExc_AttributeError) ||
                  PyErr_ExceptionMatches(PyExc_ValueError))) {
    PyErr_Clear();
    PyErr_Format(PyExc_ValueError, "Invalid file object: %R", file);
  }
  return number;
}

/// The file descriptor of an int or of an object with fileno(); errors as the selectors module words them. -1 with an
/// exception set.
int descriptor_of(PyObject* file) {
  const PyRef number = number_of(file);
  if (!number)
    return -1;
  const long fd = PyLong_AsLong(number.get());
  if (fd == -1 && PyErr_Occurred() != nullptr)
    return -1;
  if (fd > std::numeric_limits<int>::max()) {
    PyErr_SetString(PyExc_OverflowError, "signed integer is greater than maximum");
    return -1;
  }
  if (fd < 0) {
    PyErr_Format(PyExc_ValueError, "Invalid file descriptor: %ld", fd);
    return -1;
  }
  return static_cast<int>(fd);
}

bool is_watched(LoopObject* loop, int fd) {
  const loop::FdWatcher* watcher = native(loop).watchers().find(fd);
  return watcher != nullptr && (watcher->reader() != nullptr || watcher->writer() != nullptr);
}

/// As descriptor_of(); a file that was closed while it was watched still counts as what it was watched as.
int watched_descriptor_of(LoopObject* loop, PyObject* file) {
  const int fd = descriptor_of(file);
  if (fd >= 0 || !PyErr_ExceptionMatches(PyExc_ValueError))
    return fd;
  const int known = loop->state->files.find(file);
  if (known < 0 || !is_watched(loop, known))
    return -1;
  PyErr_Clear();
  return known;
}

PyObject* add_watch(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords,
                    CallbackKind kind) {
  LoopObject* self = as_loop(object);
  const char* method = kind == CallbackKind::reader ? "_add_reader" : "_add_writer";
  SchedulingArguments given{args, count};
  if (!given.take(method, {"fd", "callback"}, keywords) || !check_open(self))
    return nullptr;
  PyObject* file = given.args[0];
  PyObject* callback = given.args[1];
  PyObject* const* rest = given.args + 2;
  const int fd = watched_descriptor_of(self, file);
  if (fd < 0)
    return nullptr;
  int error = 0;
  loop::FdWatcher* watcher = native(self).watchers().open(fd, error);
  if (watcher == nullptr) {
    set_loop_error(error);
    return nullptr;
  }
  const WatchKind what =
      watch_kind(self->state->trace.names, native(self).recorder(), callback, rest, given.count - 2, kind);
  HandleObject* handle =
      new_handle({self, callback, rest, given.count - 2, given.context, what.callback, what.name});
  if (handle == nullptr)
    return nullptr;
  if (what.transports)
    handle->work.set_records_itself();
  const bool reads = kind == CallbackKind::reader;
  if (!cancel_watch(reads ? watcher->reader() : watcher->writer())) {
    Py_DECREF(handle);
    return nullptr;
  }
  if (!is_watched(self, fd))
    self->state->files.note(fd, file);
  Py_INCREF(handle);
  error = reads ? watcher->set_reader(&handle->work) : watcher->set_writer(&handle->work);
  if (error != 0) {
    Py_DECREF(handle);
    self->state->files.forget(fd);
    set_loop_error(error);
    return nullptr;
  }
  if (!what.transports)
    watcher->note_opened(what.handle, what.name);
  handle->object_id = watcher->handle_id();
  return reinterpret_cast<PyObject*>(handle);
}

}  // namespace

bool cancel_watch(loop::Callback* watching) {
  return watching == nullptr || static_cast<PyCallback*>(watching)->cancel();
}

PyObject* add_reader(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return add_watch(self, args, count, keywords, CallbackKind::reader);
}
PyObject* add_writer(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  return add_watch(self, args, count, keywords, CallbackKind::writer);
}

namespace {

PyObject* remove_watch(PyObject* object, PyObject* file, bool reads) {
  LoopObject* self = as_loop(object);
  if (self->closed != 0)
    Py_RETURN_FALSE;
  const int fd = watched_descriptor_of(self, file);
  if (fd < 0)
    return nullptr;
  loop::FdWatcher* watcher = native(self).watchers().find(fd);
  loop::Callback* old = watcher == nullptr ? nullptr : reads ? watcher->reader() : watcher->writer();
  if (old == nullptr)
    Py_RETURN_FALSE;
  if (!cancel_watch(old))
    return nullptr;
  if (reads)
    watcher->set_reader(nullptr);
  else
    watcher->set_writer(nullptr);
  if (!is_watched(self, fd))
    self->state->files.forget(fd);
  Py_RETURN_TRUE;
}

}  // namespace

PyObject* remove_reader(PyObject* self, PyObject* file) {
  return remove_watch(self, file, true);
}
PyObject* remove_writer(PyObject* self, PyObject* file) {
  return remove_watch(self, file, false);
}

PyObject* watched_events(PyObject* object, PyObject* file) {
  const int fd = watched_descriptor_of(as_loop(object), file);
  if (fd < 0)
    return nullptr;
  const loop::FdWatcher* watcher =
      as_loop(object)->closed != 0 ? nullptr : native(as_loop(object)).watchers().find(fd);
  if (watcher == nullptr)
    return PyLong_FromLong(0);
  return PyLong_FromLong((watcher->reader() != nullptr ? 1 : 0) | (watcher->writer() != nullptr ? 2 : 0));
}

PyObject* set_passive(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "a file descriptor and a bool are required");
    return nullptr;
  }
  const int fd = descriptor_of(args[0]);
  const int passive = PyObject_IsTrue(args[1]);
  if (fd < 0 || passive < 0)
    return nullptr;
  if (loop::FdWatcher* watcher = native(as_loop(object)).watchers().find(fd))
    watcher->set_passive(passive != 0);
  Py_RETURN_NONE;
}

}  // namespace loopscope::bindings

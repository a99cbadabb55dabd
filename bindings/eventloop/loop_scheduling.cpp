#include "bindings/eventloop/loop_methods.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "bindings/eventloop/handle.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"

namespace loopscope::bindings {

using tracer::CallbackKind;

bool check_open(LoopObject* self) {
  if (self->closed == 0) [[likely]]
    return true;
  PyErr_SetString(PyExc_RuntimeError, "Event loop is closed");
  return false;
}

namespace {

/// Debug mode's checks, by asyncio's own methods.
bool check_in_debug(LoopObject* self, PyObject* callback, const char* method, bool check_thread) {
  if (self->debug == 0) [[likely]]
    return true;
  if (check_thread) {
    const PyRef checked = PyRef::steal(PyObject_CallMethod(as_object(self), "_check_thread", nullptr));
    if (!checked)
      return false;
  }
  const PyRef checked =
      PyRef::steal(PyObject_CallMethod(as_object(self), "_check_callback", "Os", callback, method));
  return static_cast<bool>(checked);
}

/// The keywords of a call whose only one is `context`, as asyncio's C code passes them: always the same tuple, with a
/// string in it that is not the interned one.
PyObject* known_keywords = nullptr;

bool is_context(PyObject* keywords, Py_ssize_t i) {
  PyObject* keyword = PyTuple_GET_ITEM(keywords, i);
  if (keyword == runtime().context)
    return true;
  if (PyUnicode_Compare(keyword, runtime().context) != 0)
    return false;
  if (PyTuple_GET_SIZE(keywords) == 1)
    assign(known_keywords, keywords);
  return true;
}

}  // namespace

bool SchedulingArguments::take(const char* method, const char* const* names, Py_ssize_t name_count,
                               PyObject* keywords) {
  if (keywords != nullptr) {
    if (keywords == known_keywords || (PyTuple_GET_SIZE(keywords) == 1 && is_context(keywords, 0))) [[likely]]
      context = args[count];
    else if (!take_keywords(method, names, name_count, keywords))
      return false;
  }
  if (context != nullptr && context != Py_None && !PyContext_CheckExact(context)) {
    PyErr_Format(PyExc_TypeError, "%s(): context must be a contextvars.Context, not %.100s", method,
                 Py_TYPE(context)->tp_name);
    return false;
  }
  if (count >= name_count) [[likely]]
    return true;
  PyErr_Format(PyExc_TypeError, "%s() missing %zd required positional argument%s", method, name_count - count,
               name_count - count == 1 ? "" : "s");
  return false;
}

/// Puts what came as keywords where it would lie if it had come by position.
bool SchedulingArguments::take_keywords(const char* method, const char* const* names, Py_ssize_t name_count,
                                        PyObject* keywords) {
  for (Py_ssize_t i = 0; i < std::min(count, name_count); ++i) by_name[i] = args[i];
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(keywords); ++i) {
    PyObject* keyword = PyTuple_GET_ITEM(keywords, i);
    PyObject* value = args[count + i];
    const auto* name = std::find_if(names, names + name_count, [&](const char* known) {
      return PyUnicode_CompareWithASCIIString(keyword, known) == 0;
    });
    if (name == names + name_count && !is_context(keywords, i)) {
      PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument %R", method, keyword);
      return false;
    }
    PyObject*& place = name == names + name_count ? context : by_name[name - names];
    if (place != nullptr) {
      PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument %R", method, keyword);
      return false;
    }
    place = value;
  }
  if (count > name_count)
    return true;
  args = by_name;
  count = std::count_if(by_name, by_name + name_count, [](PyObject* given) { return given != nullptr; });
  return true;
}

namespace {

/// A task first shows itself by scheduling its first step.
void note_task(LoopObject* self, PyObject* callback) {
  if (PyObject* task = task_behind(callback))
    self->state->trace.tasks.number_of(task);
}

/// As futures schedule their done callbacks: with the future, which is done, and in the context of add_done_callback().
bool is_done_callback(PyObject* const* args, Py_ssize_t count, PyObject* context) {
  const Runtime& it = runtime();
  if (context == nullptr || count != 2 || it.future_done == nullptr ||
      !PyObject_TypeCheck(args[1], it.future_type))
    return false;
  const PyRef done = PyRef::steal(it.future_done(args[1], nullptr));
  PyErr_Clear();
  return done.get() == Py_True;
}

PyObject* schedule_soon(LoopObject* self, const char* method, CallbackKind kind, PyObject* const* args,
                        Py_ssize_t count, PyObject* keywords) {
  SchedulingArguments given{args, count};
  if (!given.take(method, {"callback"}, keywords) || !check_open(self) ||
      !check_in_debug(self, given.args[0], method, kind == CallbackKind::soon))
    return nullptr;
  const tracer::Recorder& recorder = native(self).recorder();
  if (recorder.callbacks() && kind == CallbackKind::soon &&
      is_done_callback(given.args, given.count, given.context)) [[unlikely]]
    kind = CallbackKind::future_done;
  const HandleParts parts{self, given.args[0], given.args + 1, given.count - 1, given.context, kind};
  HandleObject* handle = kind == CallbackKind::threadsafe ? new_threadsafe_handle(parts) : new_handle(parts);
  if (handle == nullptr)
    return nullptr;
  if (recorder.tasks()) [[unlikely]]
    note_task(self, given.args[0]);
  Py_INCREF(handle);
  native(self).call_soon(handle->work);
  return reinterpret_cast<PyObject*>(handle);
}

}  // namespace

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

namespace {

/// `given` begins with the delay or the time.
PyObject* schedule_at(LoopObject* self, const char* method, double when, PyObject* when_object,
                      const SchedulingArguments& given) {
  PyObject* callback = given.args[1];
  if (!check_in_debug(self, callback, method, true))
    return nullptr;
  const HandleParts parts{self, callback, given.args + 2, given.count - 2, given.context, CallbackKind::timer};
  HandleObject* handle = new_timer_handle(parts, when, when_object);
  if (handle == nullptr)
    return nullptr;
  Py_INCREF(handle);
  handle->object_id = native(self).call_at(to_ns(when), handle->work);
  begin_sleep(handle);
  return reinterpret_cast<PyObject*>(handle);
}

double now_seconds() {
  return static_cast<double>(tracer::monotonic_ns()) * 1e-9;
}

/// As asyncio's call_later() puts it: self.call_at(self.time() + delay, callback, *args, context=context).
PyObject* call_later_by_methods(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* context) {
  const PyRef now = PyRef::steal(PyObject_CallMethodNoArgs(self, runtime().time));
  const PyRef when = PyRef::steal(now ? PyNumber_Add(now.get(), args[0]) : nullptr);
  const PyRef call_at = PyRef::steal(when ? PyObject_GetAttr(self, runtime().call_at) : nullptr);
  const PyRef keywords = PyRef::steal(call_at ? PyTuple_Pack(1, runtime().context) : nullptr);
  if (!keywords)
    return nullptr;
  std::vector<PyObject*> stack(args, args + count);
  stack.front() = when.get();
  stack.push_back(context != nullptr ? context : Py_None);
  return PyObject_Vectorcall(call_at.get(), stack.data(), static_cast<std::size_t>(count), keywords.get());
}

}  // namespace

PyObject* call_later(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  LoopObject* self = as_loop(object);
  SchedulingArguments given{args, count};
  if (!given.take("call_later", {"delay", "callback"}, keywords) || !check_open(self))
    return nullptr;
  PyObject* delay_object = given.args[0];
  if (delay_object == Py_None) {
    PyErr_SetString(PyExc_TypeError, "delay must not be None");
    return nullptr;
  }
  if (self->state->own_methods.any(kTime | kCallAt, object)) [[unlikely]]
    return call_later_by_methods(object, given.args, given.count, given.context);
  double delay = 0;
  if (PyFloat_CheckExact(delay_object)) [[likely]] {
    delay = PyFloat_AS_DOUBLE(delay_object);
  } else {
    const PyRef base = PyRef::steal(PyFloat_FromDouble(0.0));
    const PyRef sum = PyRef::steal(PyNumber_Add(base.get(), delay_object));
    delay = sum ? PyFloat_AsDouble(sum.get()) : -1.0;
    if (delay == -1.0 && PyErr_Occurred() != nullptr)
      return nullptr;
  }
  return schedule_at(self, "call_at", now_seconds() + delay, nullptr, given);
}

PyObject* call_at(PyObject* object, PyObject* const* args, Py_ssize_t count, PyObject* keywords) {
  LoopObject* self = as_loop(object);
  SchedulingArguments given{args, count};
  if (!given.take("call_at", {"when", "callback"}, keywords))
    return nullptr;
  PyObject* when_object = given.args[0];
  if (when_object == Py_None) {
    PyErr_SetString(PyExc_TypeError, "when cannot be None");
    return nullptr;
  }
  if (!check_open(self))
    return nullptr;
  const double when = PyFloat_AsDouble(when_object);
  if (when == -1.0 && PyErr_Occurred() != nullptr)
    return nullptr;
  return schedule_at(self, "call_at", when, when_object, given);
}

PyObject* py_time(PyObject*, PyObject*) {
  return PyFloat_FromDouble(now_seconds());
}

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
    parts.named = self->state->trace.names.describe(recorder, callback.get(), CallbackKind::signal).name;
  HandleObject* wrapper = new_handle(parts);
  if (wrapper == nullptr)
    return nullptr;
  native(self).call_soon(wrapper->work);
  Py_RETURN_NONE;
}

}  // namespace loopscope::bindings

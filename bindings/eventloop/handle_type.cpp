#include "bindings/eventloop/handle_type.h"

#include <cstddef>
#include <utility>

#include "bindings/eventloop/loop_object.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

HandleTypes handle_types;

bool is_handle(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  return type == handle_types.soon || type == handle_types.timer || type == handle_types.threadsafe;
}

namespace {

PyObject* py_cancel(PyObject* self, PyObject*) {
  if (!as_handle(self)->work.cancel())
    return nullptr;
  Py_RETURN_NONE;
}
PyObject* py_cancelled(PyObject* self, PyObject*) {
  return PyBool_FromLong(as_handle(self)->work.cancelled());
}
PyObject* py_get_context(PyObject* self, PyObject*) {
  track_context(as_handle(self));
  return or_none(as_handle(self)->context);
}
PyObject* py_run(PyObject* self, PyObject*) {
  const PyRef kept = PyRef::borrow(self);
  run_handle(as_handle(self));
  LoopObject* loop = as_handle(self)->loop;
  if (loop->state->exit_exception) {
    put_exception(std::move(loop->state->exit_exception));
    return nullptr;
  }
  Py_RETURN_NONE;
}
PyObject* py_when(PyObject* self, PyObject*) {
  HandleObject* handle = as_handle(self);
  return handle->when_object != nullptr ? or_none(handle->when_object) : PyFloat_FromDouble(handle->when);
}

PyObject* get_callback(PyObject* self, void*) {
  return or_none(as_handle(self)->callback);
}
PyObject* get_args(PyObject* self, void*) {
  HandleObject* handle = as_handle(self);
  return handle->work.cancelled() ? or_none(nullptr) : args_tuple(handle);
}
PyObject* get_loop(PyObject* self, void*) {
  return or_none(reinterpret_cast<PyObject*>(as_handle(self)->loop));
}
PyObject* get_context(PyObject* self, void*) {
  return py_get_context(self, nullptr);
}
PyObject* get_source_traceback(PyObject* self, void*) {
  return or_none(as_handle(self)->source_traceback);
}
PyObject* get_repr(PyObject* self, void*) {
  return or_none(as_handle(self)->repr);
}
PyObject* get_cancelled(PyObject* self, void*) {
  return py_cancelled(self, nullptr);
}
PyObject* get_when(PyObject* self, void*) {
  return py_when(self, nullptr);
}
PyObject* get_scheduled(PyObject* self, void*) {
  return PyBool_FromLong(as_handle(self)->work.in_heap());
}

const PyMethodDef kMethods[] = {
    {"cancel", method<py_cancel>(), METH_NOARGS, "cancel($self)\n--\n\nCancel the callback. Idempotent."},
    {"cancelled", method<py_cancelled>(), METH_NOARGS, "cancelled($self)\n--\n\nTrue if cancel() was called."},
    {"get_context", method<py_get_context>(), METH_NOARGS,
     "get_context($self)\n--\n\nThe contextvars.Context the callback runs in."},
    {"_run", method<py_run>(), METH_NOARGS, nullptr},
};
const PyMethodDef kNoMoreMethods[] = {{nullptr, nullptr, 0, nullptr}};
const PyMethodDef kTimerMethods[] = {
    {"when", method<py_when>(), METH_NOARGS,
     "when($self)\n--\n\nThe time at which the callback is due, in seconds on loop.time()'s clock."},
    {nullptr, nullptr, 0, nullptr},
};
const PyGetSetDef kProperties[] = {
    {"_callback", get_callback, nullptr, nullptr, nullptr},
    {"_args", get_args, nullptr, nullptr, nullptr},
    {"_loop", get_loop, nullptr, nullptr, nullptr},
    {"_context", get_context, nullptr, nullptr, nullptr},
    {"_source_traceback", get_source_traceback, nullptr, nullptr, nullptr},
    {"_repr", get_repr, nullptr, nullptr, nullptr},
    {"_cancelled", get_cancelled, nullptr, nullptr, nullptr},
};
const PyGetSetDef kNoMoreProperties[] = {{nullptr, nullptr, nullptr, nullptr, nullptr}};
const PyGetSetDef kTimerProperties[] = {
    {"_when", get_when, nullptr, nullptr, nullptr},
    {"_scheduled", get_scheduled, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

// The types refer to these tables for as long as they live.
auto methods = joined(kMethods, kNoMoreMethods);
auto timer_methods = joined(kMethods, kTimerMethods);
auto properties = joined(kProperties, kNoMoreProperties);
auto timer_properties = joined(kProperties, kTimerProperties);

PyTypeObject* make_type(const char* name, const char* doc, PyMethodDef* type_methods, PyGetSetDef* type_properties,
                        PyObject* base) {
  PyType_Slot slots[] = {
      {Py_tp_dealloc, reinterpret_cast<void*>(handle_dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(handle_traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(handle_clear)},
      {Py_tp_methods, type_methods},
      {Py_tp_getset, type_properties},
      {Py_tp_doc, const_cast<char*>(doc)},
      {0, nullptr},
  };
  PyType_Spec spec = {name, sizeof(HandleObject), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
  return made_natively_only(make_heap_type(spec, base, offsetof(HandleObject, work)));
}

}  // namespace

bool add_handle_types(PyObject* module) {
  HandleTypes& types = handle_types;
  types.soon = make_type("loopscope._native.Handle", "A callback that call_soon() scheduled.", methods.data(),
                         properties.data(), runtime().handle_type);
  types.timer = make_type("loopscope._native.TimerHandle", "A callback that call_later() or call_at() scheduled.",
                          timer_methods.data(), timer_properties.data(), runtime().timer_handle_type);
  if (types.soon == nullptr || types.timer == nullptr)
    return false;
  if (runtime().threadsafe_handle_type != nullptr) {
    types.threadsafe =
        make_type("loopscope._native._ThreadSafeHandle", "A callback that call_soon_threadsafe() scheduled.",
                  methods.data(), properties.data(), runtime().threadsafe_handle_type);
    if (types.threadsafe == nullptr)
      return false;
  }
  return PyModule_AddType(module, types.soon) == 0 && PyModule_AddType(module, types.timer) == 0;
}

}  // namespace loopscope::bindings

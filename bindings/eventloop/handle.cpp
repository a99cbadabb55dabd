#include "bindings/eventloop/handle.h"

#include <cstddef>
#include <cstring>
#include <new>

#include "bindings/eventloop/loop_object.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

namespace {

PyTypeObject* handle_type = nullptr;
PyTypeObject* timer_handle_type = nullptr;
PyTypeObject* threadsafe_handle_type = nullptr;  ///< null before Python 3.14

/// Memory of dead handles, kept for the next ones.
struct FreeList {
  static constexpr int kMost = 1024;
  HandleObject* objects[kMost];
  int count = 0;
};
FreeList free_handles;
FreeList free_timers;

PyObject* as_object(HandleObject* handle) {
  return reinterpret_cast<PyObject*>(handle);
}
HandleObject* as_handle(PyObject* object) {
  return reinterpret_cast<HandleObject*>(object);
}

// -- making and freeing ----------------------------------------------------------------------------------------------

HandleObject* allocate(PyTypeObject* type, FreeList& free) {
  HandleObject* handle = nullptr;
  if (free.count > 0) {
    handle = free.objects[--free.count];  // dealloc() left its references null
    PyObject_Init(as_object(handle), type);
  } else {
    handle = PyObject_GC_New(HandleObject, type);
    if (handle == nullptr)
      return nullptr;
    std::memset(reinterpret_cast<char*>(handle) + sizeof(PyObject), 0, sizeof(HandleObject) - sizeof(PyObject));
  }
  new (&handle->work) HandleCallback;
  return handle;
}

/// Also before the context is let go: its own destructor expects to be tracked.
void track_context(HandleObject* handle) {
  if (handle->context_untracked)
    PyObject_GC_Track(handle->context);
  handle->context_untracked = false;
}

/// What it calls, and with what.
void release_call(HandleObject* handle) {
  clear(handle->callback);
  clear(handle->args);
  for (int i = 0; i < handle->inline_count; ++i) clear(handle->inline_args[i]);
  handle->inline_count = 0;
}

void release_fields(HandleObject* handle) {
  release_call(handle);
  track_context(handle);
  clear(handle->context);
  clear(handle->source_traceback);
  clear(handle->repr);
  clear(handle->when_object);
}

void dealloc(PyObject* object) {
  HandleObject* handle = as_handle(object);
  PyTypeObject* type = Py_TYPE(object);
  if (PyObject_GC_IsTracked(object) != 0)
    PyObject_GC_UnTrack(object);
  else
    --handle->loop->state->untracked_handles;
  Py_TRASHCAN_BEGIN(object, dealloc) if (type->tp_weaklistoffset != 0 &&
                                         *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) +
                                                                       type->tp_weaklistoffset) != nullptr)
      PyObject_ClearWeakRefs(object);
  release_fields(handle);
  Py_CLEAR(handle->loop);
  FreeList& free = type == timer_handle_type ? free_timers : free_handles;
  if (free.count < FreeList::kMost)
    free.objects[free.count++] = handle;
  else
    PyObject_GC_Del(object);
  Py_DECREF(type);
  Py_TRASHCAN_END
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  HandleObject* handle = as_handle(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(handle->loop);
  Py_VISIT(handle->context);
  Py_VISIT(handle->callback);
  Py_VISIT(handle->args);
  for (int i = 0; i < handle->inline_count; ++i) Py_VISIT(handle->inline_args[i]);
  Py_VISIT(handle->source_traceback);
  Py_VISIT(handle->when_object);
  return 0;
}

int clear_references(PyObject* object) {
  release_fields(as_handle(object));
  return 0;
}

/// So few contexts cost the collector less than hiding them costs.
constexpr std::size_t kFewHandles = 64;

void copy_context(HandleObject* handle) {
  handle->context = PyContext_CopyCurrent();
  if (handle->context == nullptr || handle->loop->state->untracked_handles < kFewHandles)
    return;
  PyObject_GC_UnTrack(handle->context);
  handle->context_untracked = true;
}

bool fill(HandleObject* handle, const HandleParts& parts) {
  Py_INCREF(parts.loop);
  handle->loop = parts.loop;
  handle->kind = parts.kind;
  handle->named = parts.named;
  handle->object_id = parts.object_id;
  assign(handle->callback, parts.callback);
  if (parts.arg_count <= kInlineArgs) {
    for (Py_ssize_t i = 0; i < parts.arg_count; ++i) assign(handle->inline_args[i], parts.args[i]);
    handle->inline_count = static_cast<std::uint8_t>(parts.arg_count);
  } else {
    handle->args = PyTuple_New(parts.arg_count);
    if (handle->args == nullptr)
      return false;
    for (Py_ssize_t i = 0; i < parts.arg_count; ++i) {
      Py_INCREF(parts.args[i]);
      PyTuple_SET_ITEM(handle->args, i, parts.args[i]);
    }
  }
  if (parts.context != nullptr && parts.context != Py_None)
    assign(handle->context, parts.context);
  else
    copy_context(handle);
  return handle->context != nullptr;
}

/// As asyncio.Handle.__init__: the stack of whoever schedules the callback. Only the innermost Python frame is the
/// caller's own: call_soon() itself has none here.
bool keep_source_traceback(HandleObject* handle) {
  const PyRef frame = PyRef::steal(PyObject_CallFunction(runtime().get_frame, "i", 0));
  if (!frame)
    return false;
  handle->source_traceback = PyObject_CallOneArg(runtime().extract_stack, frame.get());
  return handle->source_traceback != nullptr;
}

void track(HandleObject* handle) {
  --handle->loop->state->untracked_handles;
  track_context(handle);
  PyObject_GC_Track(as_object(handle));
}

HandleObject* make(PyTypeObject* type, FreeList& free, const HandleParts& parts) {
  HandleObject* handle = allocate(type, free);
  if (handle == nullptr)
    return nullptr;
  const bool filled = fill(handle, parts) && (parts.loop->debug == 0 || keep_source_traceback(handle));
  ++parts.loop->state->untracked_handles;
  if (!parts.loop->state->loop.running())
    track(handle);
  if (filled)
    return handle;
  Py_DECREF(handle);
  return nullptr;
}

}  // namespace

HandleObject* new_handle(const HandleParts& parts) {
  return make(handle_type, free_handles, parts);
}

HandleObject* new_threadsafe_handle(const HandleParts& parts) {
  return make(threadsafe_handle_type != nullptr ? threadsafe_handle_type : handle_type, free_handles, parts);
}

HandleObject* new_timer_handle(const HandleParts& parts, double when, PyObject* when_object) {
  HandleObject* handle = make(timer_handle_type, free_timers, parts);
  if (handle == nullptr)
    return nullptr;
  handle->when = when;
  if (when_object != nullptr)
    assign(handle->when_object, when_object);
  return handle;
}

void release_from_queue(HandleObject* handle) {
  if (Py_REFCNT(handle) > 1 && PyObject_GC_IsTracked(as_object(handle)) == 0)
    track(handle);
  Py_DECREF(handle);
}

void track_pending_handles(LoopObject* loop) {
  if (loop->state->untracked_handles == 0)
    return;
  loop->state->loop.for_each_callback([](loop::Callback& callback) {
    PyObject* held = static_cast<PyCallback&>(callback).held();
    if (is_handle(held) && PyObject_GC_IsTracked(held) == 0)
      track(as_handle(held));
  });
}

bool is_handle(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  return type == handle_type || type == timer_handle_type || type == threadsafe_handle_type;
}

bool HandleCallback::cancel() {
  if (cancelled())
    return true;
  HandleObject* handle = handle_of(*this);
  loop::Loop& loop = handle->loop->state->loop;
  if (is_timer(handle) && loop.recorder().callbacks())
    handle->named = describe(loop.recorder()).name;  // the trace outlives the callback
  set_cancelled();
  if (handle->loop->debug != 0) {
    PyObject* text = PyObject_Repr(as_object(handle));
    if (text == nullptr)
      return false;
    Py_XSETREF(handle->repr, text);
  }
  if (is_timer(handle))
    loop.timer_cancelled(*this, handle->object_id);
  end_sleep(handle);
  release_call(handle);
  return true;
}

namespace {

// -- what Python sees --------------------------------------------------------------------------------------------------

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
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
      {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
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
  handle_type = make_type("loopscope._native.Handle", "A callback that call_soon() scheduled.", methods.data(),
                          properties.data(), runtime().handle_type);
  timer_handle_type =
      make_type("loopscope._native.TimerHandle", "A callback that call_later() or call_at() scheduled.",
                timer_methods.data(), timer_properties.data(), runtime().timer_handle_type);
  if (handle_type == nullptr || timer_handle_type == nullptr)
    return false;
  if (runtime().threadsafe_handle_type != nullptr) {
    threadsafe_handle_type =
        make_type("loopscope._native._ThreadSafeHandle", "A callback that call_soon_threadsafe() scheduled.",
                  methods.data(), properties.data(), runtime().threadsafe_handle_type);
    if (threadsafe_handle_type == nullptr)
      return false;
  }
  return PyModule_AddType(module, handle_type) == 0 && PyModule_AddType(module, timer_handle_type) == 0;
}

}  // namespace loopscope::bindings

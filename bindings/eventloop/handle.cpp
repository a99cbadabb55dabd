#include "bindings/eventloop/handle.h"

#include <cstddef>
#include <cstring>
#include <new>

#include "bindings/eventloop/handle_type.h"
#include "bindings/eventloop/loop_object.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"

namespace loopscope::bindings {

namespace {

/// Memory of dead handles, kept for the next ones.
struct FreeList {
  static constexpr int kMost = 1024;
  HandleObject* objects[kMost];
  int count = 0;
};
FreeList free_handles;
FreeList free_timers;

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

}  // namespace

void track_context(HandleObject* handle) {
  if (handle->context_untracked)
    PyObject_GC_Track(handle->context);
  handle->context_untracked = false;
}

namespace {

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

}  // namespace

void handle_dealloc(PyObject* object) {
  HandleObject* handle = as_handle(object);
  PyTypeObject* type = Py_TYPE(object);
  if (PyObject_GC_IsTracked(object) != 0)
    PyObject_GC_UnTrack(object);
  else
    --handle->loop->state->untracked_handles;
  Py_TRASHCAN_BEGIN(object, handle_dealloc) if (type->tp_weaklistoffset != 0 &&
                                                *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) +
                                                                              type->tp_weaklistoffset) != nullptr)
      PyObject_ClearWeakRefs(object);
  release_fields(handle);
  Py_CLEAR(handle->loop);
  FreeList& free = type == handle_types.timer ? free_timers : free_handles;
  if (free.count < FreeList::kMost)
    free.objects[free.count++] = handle;
  else
    PyObject_GC_Del(object);
  Py_DECREF(type);
  Py_TRASHCAN_END
}

int handle_traverse(PyObject* object, visitproc visit, void* arg) {
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

int handle_clear(PyObject* object) {
  release_fields(as_handle(object));
  return 0;
}

namespace {

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
  return make(handle_types.soon, free_handles, parts);
}

HandleObject* new_threadsafe_handle(const HandleParts& parts) {
  return make(handle_types.threadsafe != nullptr ? handle_types.threadsafe : handle_types.soon, free_handles,
              parts);
}

HandleObject* new_timer_handle(const HandleParts& parts, double when, PyObject* when_object) {
  HandleObject* handle = make(handle_types.timer, free_timers, parts);
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

}  // namespace loopscope::bindings

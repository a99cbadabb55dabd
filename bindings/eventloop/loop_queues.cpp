#include <algorithm>
#include <vector>

#include "bindings/eventloop/handle.h"
#include "bindings/eventloop/loop_methods.h"
#include "bindings/eventloop/py_callback.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"

namespace loopscope::bindings {

namespace {

/// The stock asyncio.Handle that `handle` stands for, see add_callback(); `handle` itself if there is none.
PyObject* as_queued(PyObject* handle) {
  PyObject* callback = reinterpret_cast<HandleObject*>(handle)->callback;
  if (callback == nullptr || !PyMethod_Check(callback))
    return handle;
  PyObject* self = PyMethod_GET_SELF(callback);
  const bool is_stock = PyObject_TypeCheck(self, reinterpret_cast<PyTypeObject*>(runtime().handle_type)) != 0;
  return is_stock && reinterpret_cast<HandleObject*>(handle)->kind == tracer::CallbackKind::signal ? self : handle;
}

/// A new reference to the handle that `callback` is; to one made of what it belongs to, if it is none.
PyObject* handle_for(LoopObject* loop, loop::Callback& callback) {
  PyObject* held = static_cast<PyCallback&>(callback).held();
  if (is_handle(held)) {
    held = as_queued(held);
    Py_INCREF(held);
    return held;
  }
  const PyRef no_arguments = PyRef::steal(PyTuple_New(0));
  return no_arguments ? PyObject_CallFunctionObjArgs(runtime().handle_type, held, no_arguments.get(),
                                                     as_object(loop), nullptr)
                      : nullptr;
}

/// All timers are handles: only call_at() makes them.
bool due_before(loop::Callback* a, loop::Callback* b) {
  const HandleObject* first = handle_of(*static_cast<HandleCallback*>(a));
  const HandleObject* second = handle_of(*static_cast<HandleCallback*>(b));
  return first->when != second->when ? first->when < second->when : first->object_id < second->object_id;
}

/// A new list of their handles. They are kept alive meanwhile: making a handle may run the garbage collector.
PyObject* handles_of(LoopObject* loop, const std::vector<loop::Callback*>& callbacks) {
  std::vector<PyRef> kept;
  kept.reserve(callbacks.size());
  for (loop::Callback* callback : callbacks)
    kept.push_back(PyRef::borrow(static_cast<PyCallback*>(callback)->held()));
  PyRef list = PyRef::steal(PyList_New(0));
  for (loop::Callback* callback : callbacks) {
    const PyRef handle = PyRef::steal(list ? handle_for(loop, *callback) : nullptr);
    if (!handle || PyList_Append(list.get(), handle.get()) != 0)
      return nullptr;
  }
  return list.release();
}

}  // namespace

PyObject* get_ready_count(PyObject* self, void*) {
  return PyLong_FromSize_t(native(as_loop(self)).ready_size());
}

PyObject* get_timer_count(PyObject* self, void*) {
  return PyLong_FromSize_t(native(as_loop(self)).timer_count());
}

PyObject* ready_handles(PyObject* self, PyObject*) {
  std::vector<loop::Callback*> ready;
  native(as_loop(self)).for_each_ready([&](loop::Callback& callback) { ready.push_back(&callback); });
  return handles_of(as_loop(self), ready);
}

PyObject* timer_handles(PyObject* self, PyObject*) {
  std::vector<loop::Callback*> timers;
  native(as_loop(self)).for_each_timer([&](loop::Callback& callback) { timers.push_back(&callback); });
  std::sort(timers.begin(), timers.end(), due_before);
  return handles_of(as_loop(self), timers);
}

PyObject* clear_ready(PyObject* self, PyObject*) {
  native(as_loop(self)).clear_ready();
  Py_RETURN_NONE;
}

PyObject* clear_timers(PyObject* self, PyObject*) {
  native(as_loop(self)).clear_timers();
  Py_RETURN_NONE;
}

}  // namespace loopscope::bindings

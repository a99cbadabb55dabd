#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"

namespace loopscope::bindings {

PyObject* create_future(PyObject* self, PyObject*) {
  if (as_loop(self)->debug != 0) [[unlikely]]  // the future remembers where it was made: a line of asyncio's
    return PyObject_CallOneArg(runtime().base_create_future, self);
  const PyRef type = PyRef::steal(PyObject_GetAttr(runtime().futures, runtime().future));
  if (!type)
    return nullptr;
  PyObject* arguments[] = {self};
  return PyObject_Vectorcall(type.get(), arguments, 0, runtime().loop_keyword);
}

PyObject* new_future(LoopObject* loop) {
  PyObject* self = as_object(loop);
  return loop->state->own_methods.any(kCreateFuture, self)
             ? PyObject_CallMethodNoArgs(self, runtime().create_future)
             : create_future(self, nullptr);
}

PyObject* get_debug(PyObject* self, PyObject*) {
  return PyBool_FromLong(as_loop(self)->debug);
}

PyObject* is_closed(PyObject* self, PyObject*) {
  return PyBool_FromLong(as_loop(self)->closed);
}

PyObject* is_running(PyObject* self, PyObject*) {
  const PyObject* thread = as_loop(self)->thread_id;
  return PyBool_FromLong(static_cast<long>(thread != nullptr && thread != Py_None));
}

}  // namespace loopscope::bindings

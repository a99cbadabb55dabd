#include "bindings/sock/sock_call.h"

#include <cstring>
#include <new>
#include <utility>

#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/send_compat.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

namespace {

PyTypeObject* sock_call_type = nullptr;

/// Memory of dead calls, kept for the next ones.
struct FreeList {
  static constexpr int kMost = 128;
  SockCallObject* objects[kMost];
  int count = 0;
};
FreeList free_calls;

// -- the coroutine's protocol --------------------------------------------------------------------------------------------

PySendResult begin(SockCallObject* self, PyObject** result) {
  const PyRef kept = PyRef::borrow(as_object(self));
  self->fd = sock_descriptor(self->sock);
  const Attempt attempt = self->op->attempt(self);
  if (attempt.outcome == Attempt::done) {
    finish_sock_call(self);
    *result = attempt.value;
    return PYGEN_RETURN;
  }
  if (attempt.outcome == Attempt::again && begin_to_wait(self))
    return PyIter_Send(self->future_iter, Py_None, result);
  finish_sock_call(self);
  *result = nullptr;
  return PYGEN_ERROR;
}

PySendResult send(PyObject* object, PyObject* value, PyObject** result) {
  SockCallObject* self = as_call(object);
  *result = nullptr;
  if (self->state == SockState::fresh) {
    if (value == Py_None)
      return begin(self, result);
    PyErr_SetString(PyExc_TypeError, "can't send non-None value to a just-started coroutine");
    return PYGEN_ERROR;
  }
  if (self->state == SockState::over) {
    PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
    return PYGEN_ERROR;
  }
  const PyRef kept = PyRef::borrow(object);
  const PyRef future_iter = PyRef::borrow(self->future_iter);
  const PySendResult sent = PyIter_Send(future_iter.get(), value, result);
  if (sent != PYGEN_NEXT)
    finish_sock_call(self);
  return sent;
}

/// StopIteration carries what a coroutine returns, for those who drive it by its methods.
PyObject* raise_stop(PyObject* value) {
  const PyRef owned = PyRef::steal(value);
  const PyRef stop = PyRef::steal(PyObject_CallOneArg(PyExc_StopIteration, owned.get()));
  if (stop)
    PyErr_SetObject(PyExc_StopIteration, stop.get());
  return nullptr;
}

PyObject* py_send(PyObject* object, PyObject* value) {
  PyObject* result = nullptr;
  return send(object, value, &result) == PYGEN_RETURN ? raise_stop(result) : result;
}
PyObject* next(PyObject* object) {
  return py_send(object, Py_None);
}

/// Raises what throw() was given: a type, a value and a traceback, or an instance alone.
PyObject* raise_thrown(PyObject* const* args, Py_ssize_t count) {
  PyObject* type = args[0];
  PyRef value = PyRef::borrow(count > 1 ? args[1] : nullptr);
  if (PyExceptionInstance_Check(type)) {
    value = PyRef::borrow(type);
    type = PyExceptionInstance_Class(type);
  } else if (!PyExceptionClass_Check(type)) {
    PyErr_Format(PyExc_TypeError, "exceptions must be classes or instances deriving from BaseException, not %s",
                 Py_TYPE(type)->tp_name);
    return nullptr;
  }
  PyErr_SetObject(type, value.get());
  if (count > 2 && PyTraceBack_Check(args[2])) {
    const PyRef raised = take_exception();
    PyException_SetTraceback(raised.get(), args[2]);
    put_exception(raised);
  }
  return nullptr;
}

PyObject* py_throw(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  SockCallObject* self = as_call(object);
  if (count < 1 || count > 3) {
    PyErr_Format(PyExc_TypeError, "throw expected 1 to 3 arguments, got %zd", count);
    return nullptr;
  }
  const PyRef kept = PyRef::borrow(object);
  if (self->state == SockState::over) {
    PyErr_SetString(PyExc_RuntimeError, "cannot reuse already awaited coroutine");
    return nullptr;
  }
  finish_sock_call(self);
  return raise_thrown(args, count);
}

PyObject* py_close(PyObject* object, PyObject*) {
  finish_sock_call(as_call(object));
  Py_RETURN_NONE;
}

PyObject* itself(PyObject* object) {
  Py_INCREF(object);
  return object;
}

// -- the type ------------------------------------------------------------------------------------------------------------

void release_fields(SockCallObject* self) {
  finish_sock_call(self);
  clear(self->argument);
  clear(self->address);
  clear(self->sock);
  clear(self->function);
}

/// As Python's own coroutines.
void warn_unawaited(SockCallObject* self) {
  PyRef current = PyErr_Occurred() != nullptr ? take_exception() : PyRef();
  const PyRef name = PyRef::steal(PyObject_GetAttrString(self->function, "__qualname__"));
  if (!name || PyErr_WarnFormat(PyExc_RuntimeWarning, 1, "coroutine '%S' was never awaited", name.get()) != 0)
    PyErr_WriteUnraisable(self->function);
  if (current)
    put_exception(std::move(current));
}

void dealloc(PyObject* object) {
  SockCallObject* self = as_call(object);
  PyTypeObject* type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  if (self->state == SockState::fresh && self->function != nullptr)
    warn_unawaited(self);
  self->state = SockState::over;  // no watcher holds it, else it would live
  self->data.release();
  let_go_of_future(self);
  clear(self->argument);
  clear(self->address);
  clear(self->sock);
  clear(self->function);
  Py_CLEAR(self->loop);
  if (free_calls.count < FreeList::kMost)
    free_calls.objects[free_calls.count++] = self;
  else
    PyObject_GC_Del(object);
  Py_DECREF(type);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  SockCallObject* self = as_call(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->loop);
  for (PyObject* held : {self->sock, self->function, self->argument, self->address, self->future,
                         self->future_iter, self->data.object()}) {
    Py_VISIT(held);
  }
  return 0;
}

int clear_references(PyObject* object) {
  release_fields(as_call(object));
  return 0;
}

PyObject* get_name(PyObject* object, void* attribute) {
  PyObject* function = as_call(object)->function;
  return function != nullptr ? PyObject_GetAttrString(function, static_cast<const char*>(attribute))
                             : or_none(nullptr);
}
PyObject* get_await(PyObject* object, void*) {
  return or_none(as_call(object)->future_iter);
}
PyObject* get_suspended(PyObject* object, void*) {
  return PyBool_FromLong(as_call(object)->state == SockState::waiting);
}
PyObject* get_false(PyObject*, void*) {
  Py_RETURN_FALSE;
}
PyObject* get_none(PyObject*, void*) {
  Py_RETURN_NONE;
}

PyMethodDef methods[] = {
    {"send", method<py_send>(), METH_O, "send(None): run until it waits or is over."},
    {"throw", method<py_throw>(), METH_FASTCALL, "throw(exception): end the call with an exception."},
    {"close", method<py_close>(), METH_NOARGS, "End the call; nothing is watched any more."},
    {nullptr, nullptr, 0, nullptr},
};

char name_attribute[] = "__name__";
char qualname_attribute[] = "__qualname__";
PyGetSetDef properties[] = {
    {"__name__", get_name, nullptr, nullptr, name_attribute},
    {"__qualname__", get_name, nullptr, nullptr, qualname_attribute},
    {"cr_await", get_await, nullptr, "What it waits for; None if it does not wait.", nullptr},
    {"cr_suspended", get_suspended, nullptr, nullptr, nullptr},
    {"cr_running", get_false, nullptr, nullptr, nullptr},
    {"cr_frame", get_none, nullptr, "None: no Python code runs in it.", nullptr},
    {"cr_origin", get_none, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

}  // namespace

SockCallObject* new_sock_call(LoopObject* loop, const SockOp& op, PyObject* function, PyObject* sock) {
  SockCallObject* self = nullptr;
  if (free_calls.count > 0) {
    self = free_calls.objects[--free_calls.count];
    PyObject_Init(as_object(self), sock_call_type);
  } else {
    self = PyObject_GC_New(SockCallObject, sock_call_type);
    if (self == nullptr)
      return nullptr;
  }
  std::memset(reinterpret_cast<char*>(self) + sizeof(PyObject), 0, sizeof(SockCallObject) - sizeof(PyObject));
  new (&self->work) SockCallback;
  new (&self->data) HeldBuffer;
  self->op = &op;
  self->state = SockState::over;  // until it has its arguments
  self->fd = -1;
  Py_INCREF(loop);
  self->loop = loop;
  assign(self->sock, sock);
  assign(self->function, function);
  PyObject_GC_Track(as_object(self));
  return self;
}

bool add_sock_call_type(PyObject* module) {
  PyType_Slot slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
    {Py_tp_methods, methods},
    {Py_tp_getset, properties},
    {Py_tp_iter, reinterpret_cast<void*>(itself)},
    {Py_tp_iternext, reinterpret_cast<void*>(Guarded<next>::call)},
    {Py_am_await, reinterpret_cast<void*>(itself)},
#if PY_VERSION_HEX >= 0x030A0000
    {Py_am_send, reinterpret_cast<void*>(Guarded<send>::call)},
#endif
    {Py_tp_doc, const_cast<char*>("A call of a sock_* method, to be awaited.")},
    {0, nullptr},
  };
  PyType_Spec spec = {"loopscope._native.SockCall", sizeof(SockCallObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
  sock_call_type = made_natively_only(reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec)));
  return sock_call_type != nullptr && PyModule_AddType(module, sock_call_type) == 0;
}

}  // namespace loopscope::bindings

#include "bindings/naming/callback_names.h"

#include <cstring>
#include <string>
#include <string_view>

#include "bindings/kit/runtime.h"
#include "bindings/kit/utf8_text.h"
#include "bindings/naming/generator_frame.h"
#include "bindings/naming/protocol_calls.h"

namespace loopscope::bindings {

using tracer::CallbackKind;
using tracer::kNoName;
using tracer::NameId;

namespace {

PyObject* qualname_of(PyCodeObject* code, PyObject* fallback) {
#if PY_VERSION_HEX >= 0x030B0000
  (void)fallback;
  return code->co_qualname;
#else
  return fallback != nullptr ? fallback : code->co_name;
#endif
}

bool holds_definition(const PyMethodDef* table, const PyMethodDef* wanted) {
  for (; table != nullptr && table->ml_name != nullptr; ++table)
    if (table == wanted)
      return true;
  return false;
}

/// What a method's definition lives as long as: the class or the module that has it in its table. Else only the function is
/// known to need it: libraries also make definitions for one function and free them with it.
PyObject* owner_of(const PyMethodDef* definition, PyObject* function) {
  PyObject* self = reinterpret_cast<PyCFunctionObject*>(function)->m_self;
  if (self == nullptr)
    return function;
  if (PyModule_Check(self)) {
    const PyModuleDef* module = PyModule_GetDef(self);
    PyErr_Clear();
    return module != nullptr && holds_definition(module->m_methods, definition) ? self : function;
  }
  auto* type = PyType_Check(self) ? reinterpret_cast<PyTypeObject*>(self) : Py_TYPE(self);
  PyObject* bases = type->tp_mro;
  for (Py_ssize_t i = 0; bases != nullptr && i < PyTuple_GET_SIZE(bases); ++i) {
    PyObject* base = PyTuple_GET_ITEM(bases, i);
    if (holds_definition(reinterpret_cast<PyTypeObject*>(base)->tp_methods, definition))
      return base;
  }
  return function;
}

bool lives_for_ever(PyObject* object) {
  return PyType_Check(object) && !PyType_HasFeature(reinterpret_cast<PyTypeObject*>(object), Py_TPFLAGS_HEAPTYPE);
}

bool is_task(PyObject* object) {
  return object != nullptr && runtime().task_type != nullptr && PyObject_TypeCheck(object, runtime().task_type);
}

/// The asynchronous generator that aclose(), asend() or athrow() was called on. What these return has no public type,
/// but shows the generator to the garbage collector.
PyRef generator_behind(PyObject* awaitable) {
  if (Py_TYPE(awaitable)->tp_traverse == nullptr)
    return {};
  PyObject* found = nullptr;
  Py_TYPE(awaitable)->tp_traverse(
      awaitable,
      [](PyObject* visited, void* result) {
        if (PyAsyncGen_CheckExact(visited))
          *static_cast<PyObject**>(result) = visited;
        return 0;
      },
      &found);
  return PyRef::borrow(found);
}

/// What C tasks give to call_soon() and add_done_callback() has no public type. Its first field is the task; the first
/// object of the type that is seen proves it.
struct TaskWrapper {
  PyObject_HEAD PyObject* task;
};
struct WrapperType {
  const char* name;
  PyTypeObject* type = nullptr;
};
#if PY_VERSION_HEX >= 0x030A0000
WrapperType wrapper_types[] = {{"TaskStepMethWrapper"}};  // wake-ups are built-in methods
#else
WrapperType wrapper_types[] = {{"TaskStepMethWrapper"}, {"TaskWakeupMethWrapper"}};
#endif
const PyMethodDef* wakeup_method = nullptr;  ///< of tasks; known once one was seen

int stop_at_task(PyObject* object, void* found) {
  if (!is_task(object))
    return 0;
  *static_cast<PyObject**>(found) = object;
  return 1;
}

bool learn_wrapper(WrapperType& wrapper, PyObject* callable) {
  PyTypeObject* type = Py_TYPE(callable);
  if (std::strstr(type->tp_name, wrapper.name) == nullptr || type->tp_traverse == nullptr ||
      type->tp_basicsize < static_cast<Py_ssize_t>(sizeof(TaskWrapper)))
    return false;
  PyObject* task = nullptr;
  type->tp_traverse(callable, stop_at_task, &task);
  if (task == nullptr || reinterpret_cast<TaskWrapper*>(callable)->task != task)
    return false;
  wrapper.type = type;
  return true;
}

}  // namespace

PyObject* task_behind(PyObject* callable) {
  if (callable == nullptr)
    return nullptr;
  for (const WrapperType& wrapper : wrapper_types) {
    if (Py_TYPE(callable) == wrapper.type)
      return reinterpret_cast<TaskWrapper*>(callable)->task;
  }
  if (PyCFunction_Check(callable)) {
    PyObject* self = PyCFunction_GET_SELF(callable);
    const auto* definition = reinterpret_cast<PyCFunctionObject*>(callable)->m_ml;
    if (definition == wakeup_method)
      return self;
    if (!is_task(self) || std::strcmp(definition->ml_name, "task_wakeup") != 0)
      return nullptr;
    wakeup_method = definition;
    return self;
  }
  for (WrapperType& wrapper : wrapper_types) {
    if (wrapper.type == nullptr && learn_wrapper(wrapper, callable))
      return reinterpret_cast<TaskWrapper*>(callable)->task;
  }
  return nullptr;
}

loop::Description CallbackNames::describe(tracer::Recorder& recorder, PyObject* callable_object, CallbackKind kind,
                                          PyObject* first) {
  if (callable_object == nullptr)  // it was cancelled
    return {kNoName, kind, 0};
  if (PyMethod_Check(callable_object)) {
    if (kind == CallbackKind::soon) {
      if (const auto call = protocol_call(callable_object, first))
        return {method(recorder, call->protocol.get(), protocol_method(call->kind)), call->kind, call->handle_id};
    }
  } else if (!PyFunction_Check(callable_object) && !PyType_CheckExact(callable_object)) {
    if (PyObject* behind = task_behind(callable_object))
      return {task(recorder, behind), CallbackKind::task_step, reinterpret_cast<std::uint64_t>(behind)};
  }
  return {callable(recorder, callable_object), kind, 0};
}

NameId CallbackNames::task(tracer::Recorder& recorder, PyObject* task) {
  if (runtime().task_get_coro == nullptr)
    return type_of(recorder, task);
  const PyRef coroutine = PyRef::steal(runtime().task_get_coro(task, nullptr));
  if (!coroutine || coroutine.get() == Py_None) {
    PyErr_Clear();
    return kNoName;
  }
  if (PyCoro_CheckExact(coroutine.get()) || PyGen_CheckExact(coroutine.get())) {
#if PY_VERSION_HEX >= 0x030B0000
    return code(recorder, code_of(coroutine.get()), nullptr);
#else
    const PyRef qualname = PyRef::steal(PyObject_GetAttrString(coroutine.get(), "__qualname__"));
    return code(recorder, code_of(coroutine.get()), qualname.get());
#endif
  }
  if (const PyRef generator = generator_behind(coroutine.get())) {
    const PyRef generator_code = PyRef::steal(PyObject_GetAttrString(generator.get(), "ag_code"));
    const PyRef qualname = PyRef::steal(PyObject_GetAttrString(generator.get(), "__qualname__"));
    PyErr_Clear();
    if (generator_code && PyCode_Check(generator_code.get()))
      return code(recorder, reinterpret_cast<PyCodeObject*>(generator_code.get()), qualname.get());
  }
  return type_of(recorder, coroutine.get());
}

NameId CallbackNames::sleep(tracer::Recorder& recorder, PyObject* future) {
  const PyRef callbacks = PyRef::steal(PyObject_GetAttrString(future, "_callbacks"));
  const PyRef first = PyRef::steal(callbacks ? PySequence_GetItem(callbacks.get(), 0) : nullptr);
  PyErr_Clear();
  if (!first || !PyTuple_Check(first.get()) || PyTuple_GET_SIZE(first.get()) == 0)
    return kNoName;
  PyObject* waiting = task_behind(PyTuple_GET_ITEM(first.get(), 0));
  if (waiting == nullptr || runtime().task_get_coro == nullptr)
    return kNoName;
  const PyRef coroutine = PyRef::steal(runtime().task_get_coro(waiting, nullptr));
  if (!coroutine || !PyCoro_CheckExact(coroutine.get())) {
    PyErr_Clear();
    return kNoName;
  }
  const PyRef qualname = PyRef::steal(PyObject_GetAttrString(coroutine.get(), "__qualname__"));
  PyErr_Clear();
  return sleep_in(recorder, code_of(coroutine.get()), qualname.get());
}

NameId CallbackNames::sleep_in(tracer::Recorder& recorder, PyCodeObject* code, PyObject* qualname) {
  const void* key = &code->co_firstlineno;  // an address of the code object's that is not its name's key
  if (const NameId known = recorder.find_name(key); known != kNoName)
    return known;
  const std::string text = std::string("sleep in ").append(utf8_text(qualname_of(code, qualname)));
  return intern(recorder, key, reinterpret_cast<PyObject*>(code), text, utf8_text(code->co_filename),
                static_cast<std::uint32_t>(code->co_firstlineno));
}

NameId CallbackNames::method(tracer::Recorder& recorder, PyObject* object, PyObject* method_name) {
  PyObject* found = _PyType_Lookup(Py_TYPE(object), method_name);
  return found != nullptr ? callable(recorder, found) : type_of(recorder, object);
}

NameId CallbackNames::callable(tracer::Recorder& recorder, PyObject* object) {
  if (object == nullptr)
    return kNoName;
  if (PyMethod_Check(object))
    object = PyMethod_GET_FUNCTION(object);
  if (PyFunction_Check(object)) {
    auto* function = reinterpret_cast<PyFunctionObject*>(object);
    return code(recorder, reinterpret_cast<PyCodeObject*>(function->func_code), function->func_qualname);
  }
  if (PyType_Check(object))
    return type(recorder, reinterpret_cast<PyTypeObject*>(object), "__init__");
  if (PyCFunction_Check(object))
    return c_function(recorder, object);
  if (Py_TYPE(object) == reinterpret_cast<PyTypeObject*>(runtime().partial_type)) {
    const PyRef inner = PyRef::steal(PyObject_GetAttrString(object, "func"));
    if (inner)
      return callable(recorder, inner.get());
    PyErr_Clear();
  }
  return type_of(recorder, object);
}

NameId CallbackNames::code(tracer::Recorder& recorder, PyCodeObject* code, PyObject* qualname) {
  if (const NameId known = recorder.find_name(code); known != kNoName)
    return known;
  return intern(recorder, code, reinterpret_cast<PyObject*>(code), utf8_text(qualname_of(code, qualname)),
                utf8_text(code->co_filename), static_cast<std::uint32_t>(code->co_firstlineno));
}

NameId CallbackNames::c_function(tracer::Recorder& recorder, PyObject* function) {
  const PyMethodDef* definition = reinterpret_cast<PyCFunctionObject*>(function)->m_ml;
  if (const NameId known = recorder.find_name(definition); known != kNoName)
    return known;
  PyObject* owner = owner_of(definition, function);
  PyObject* named = PyType_Check(owner) ? owner : function;
  const PyRef qualname = PyRef::steal(PyObject_GetAttrString(named, "__qualname__"));
  PyErr_Clear();
  std::string text(qualname ? utf8_text(qualname.get()) : definition->ml_name);
  if (qualname && named == owner)
    text.append(1, '.').append(definition->ml_name);
  return intern(recorder, definition, owner, text);
}

NameId CallbackNames::type_of(tracer::Recorder& recorder, PyObject* object) {
  return type(recorder, Py_TYPE(object), "__call__");
}

/// A class is named by itself, and stands where its `method` does, if that is written in Python.
NameId CallbackNames::type(tracer::Recorder& recorder, PyTypeObject* type, const char* method) {
  if (const NameId known = recorder.find_name(type); known != kNoName)
    return known;
  const PyRef qualname = PyRef::steal(PyObject_GetAttrString(reinterpret_cast<PyObject*>(type), "__qualname__"));
  const PyRef method_name = PyRef::steal(PyUnicode_InternFromString(method));
  PyErr_Clear();
  PyObject* found = method_name ? _PyType_Lookup(type, method_name.get()) : nullptr;
  std::string_view file;
  std::uint32_t line = 0;
  if (found != nullptr && PyFunction_Check(found)) {
    const auto* code = reinterpret_cast<PyCodeObject*>(reinterpret_cast<PyFunctionObject*>(found)->func_code);
    file = utf8_text(code->co_filename);
    line = static_cast<std::uint32_t>(code->co_firstlineno);
  }
  return intern(recorder, type, reinterpret_cast<PyObject*>(type), utf8_text(qualname.get()), file, line);
}

NameId CallbackNames::intern(tracer::Recorder& recorder, const void* key, PyObject* alive, std::string_view name,
                             std::string_view file, std::uint32_t line) {
  const NameId id = recorder.intern(key, name, file, line);
  if (id != kNoName && !lives_for_ever(alive) && !named_.watch(alive, key))
    recorder.forget_name(key);
  return id;
}

}  // namespace loopscope::bindings

#include "bindings/naming/await_chain.h"

#if PY_VERSION_HEX < 0x030B0000
#include <frameobject.h>  // later ones have PyFrame_Check in Python.h
#endif

#include <array>
#include <cstring>

#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"

namespace loopscope::bindings {
namespace {

constexpr int kMostCoroutines = 48;  // readers follow 64 frames

PyRef attribute(PyObject* object, PyObject* name) {
  PyRef found = PyRef::steal(name != nullptr ? PyObject_GetAttr(object, name) : nullptr);
  PyErr_Clear();
  return found;
}

/// How the attributes of the three kinds of coroutines are called. Made once and kept.
struct Attributes {
  Attributes(const char* frame_name, const char* code_name, const char* awaited_name)
      : frame(PyUnicode_InternFromString(frame_name)),
        code(PyUnicode_InternFromString(code_name)),
        awaited(PyUnicode_InternFromString(awaited_name)) {}
  PyObject* frame;
  PyObject* code;
  PyObject* awaited;
};

const Attributes* attributes_of(PyObject* object) {
  static const Attributes coroutine("cr_frame", "cr_code", "cr_await");
  static const Attributes generator("gi_frame", "gi_code", "gi_yieldfrom");
  static const Attributes async_generator("ag_frame", "ag_code", "ag_await");
  if (PyCoro_CheckExact(object))
    return &coroutine;
  if (PyGen_CheckExact(object))
    return &generator;
  return PyAsyncGen_CheckExact(object) ? &async_generator : nullptr;
}

/// Before Python 3.11 a code object does not know it.
PyRef qualname_of(PyObject* coroutine) {
#if PY_VERSION_HEX >= 0x030B0000
  (void)coroutine;
  return {};
#else
  static PyObject* const name = PyUnicode_InternFromString("__qualname__");
  return attribute(coroutine, name);
#endif
}

/// What CPython puts between two coroutines has no public type, but shows the inner one to the garbage collector.
bool is_in_between(PyObject* object) {
  static constexpr std::array kNames{"coroutine_wrapper", "async_generator_asend", "async_generator_athrow",
                                     "anext_awaitable"};
  for (const char* name : kNames)
    if (std::strcmp(Py_TYPE(object)->tp_name, name) == 0)
      return Py_TYPE(object)->tp_traverse != nullptr;
  return false;
}

PyRef behind(PyObject* object) {
  PyObject* found = nullptr;
  Py_TYPE(object)->tp_traverse(
      object,
      [](PyObject* visited, void* result) {
        if (visited == nullptr || attributes_of(visited) == nullptr)
          return 0;
        *static_cast<PyObject**>(result) = visited;
        return 1;
      },
      &found);
  return PyRef::borrow(found);
}

/// 0 if it does not stand anywhere: it has not begun, or has ended.
std::uint32_t line_of(PyObject* coroutine, const Attributes& has) {
  const PyRef frame = attribute(coroutine, has.frame);
  if (!frame || !PyFrame_Check(frame.get()))
    return 0;
  const int line = PyFrame_GetLineNumber(reinterpret_cast<PyFrameObject*>(frame.get()));
  return line > 0 ? static_cast<std::uint32_t>(line) : 0;
}

}  // namespace

tracer::NameId await_chain(tracer::Recorder& recorder, CallbackNames& names, PyObject* task) {
  PyRef at = PyRef::steal(runtime().task_get_coro != nullptr ? runtime().task_get_coro(task, nullptr) : nullptr);
  PyErr_Clear();
  tracer::NameId frame = tracer::kNoName;
  for (int left = kMostCoroutines; at && at.get() != Py_None && left > 0; --left) {
    const Attributes* has = attributes_of(at.get());
    if (has == nullptr) {
      if (!is_in_between(at.get()))
        break;
      at = behind(at.get());
      continue;
    }
    const PyRef code = attribute(at.get(), has->code);
    if (!code || !PyCode_Check(code.get()))
      break;
    const PyRef qualname = qualname_of(at.get());
    const auto function = names.code(recorder, reinterpret_cast<PyCodeObject*>(code.get()), qualname.get());
    frame = recorder.intern_frame(frame, function, line_of(at.get(), *has));
    at = attribute(at.get(), has->awaited);
  }
  return frame;
}

PyRef awaited_by(PyObject* task) {
  static PyObject* const name = PyUnicode_InternFromString("_fut_waiter");
  PyRef future = attribute(task, name);
  return future && future.get() != Py_None ? std::move(future) : PyRef();
}

bool is_gathering(PyObject* future) {
  return std::strcmp(Py_TYPE(future)->tp_name, "_GatheringFuture") == 0;
}

}  // namespace loopscope::bindings

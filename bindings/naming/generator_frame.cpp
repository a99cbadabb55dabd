#include "bindings/naming/generator_frame.h"

#include <frameobject.h>

#include <cstring>

namespace loopscope::bindings {
namespace {

getter getter_of(const PyTypeObject& type, const char* name) {
  for (const PyGetSetDef* property = type.tp_getset; property != nullptr && property->name != nullptr; ++property)
    if (std::strcmp(property->name, name) == 0)
      return property->get;
  return nullptr;
}

/// How the three kinds are asked. Looked up once.
struct Kind {
  Kind(const PyTypeObject& type, const char* frame_name, const char* awaited_name)
      : frame(getter_of(type, frame_name)), awaited(getter_of(type, awaited_name)) {}
  getter frame;  ///< null before Python 3.10
  getter awaited;
};

const Kind* kind_of(PyObject* object) {
  static const Kind coroutine(PyCoro_Type, "cr_frame", "cr_await");
  static const Kind generator(PyGen_Type, "gi_frame", "gi_yieldfrom");
  static const Kind async_generator(PyAsyncGen_Type, "ag_frame", "ag_await");
  if (PyCoro_CheckExact(object))
    return &coroutine;
  if (PyGen_CheckExact(object))
    return &generator;
  return PyAsyncGen_CheckExact(object) ? &async_generator : nullptr;
}

/// The three kinds begin with the same fields.
PyGenObject* as_generator(PyObject* object) {
  return reinterpret_cast<PyGenObject*>(object);
}

PyRef ask(getter get, PyObject* generator) {
  PyRef answer = PyRef::steal(get != nullptr ? get(generator, nullptr) : nullptr);
  PyErr_Clear();
  return answer && answer.get() != Py_None ? std::move(answer) : PyRef();
}

[[maybe_unused]] int from_first(int offset) {
  return offset < 0 ? kBegins : offset;
}

#if PY_VERSION_HEX >= 0x030B0000
int offset_by_frame_object(PyObject* generator) {
  const PyRef frame = ask(kind_of(generator)->frame, generator);
  if (!frame || !PyFrame_Check(frame.get()))
    return kNowhere;
  return from_first(PyFrame_GetLasti(reinterpret_cast<PyFrameObject*>(frame.get())));
}
#endif

}  // namespace

bool is_generator(PyObject* object) {
  return kind_of(object) != nullptr;
}

PyCodeObject* code_of(PyObject* generator) {
#if PY_VERSION_HEX >= 0x030C0000
  PyCodeObject* code = PyGen_GetCode(as_generator(generator));
  Py_DECREF(code);
  return code;
#else
  return reinterpret_cast<PyCodeObject*>(as_generator(generator)->gi_code);
#endif
}

#if PY_VERSION_HEX >= 0x030E0000

int offset_of(PyObject* generator, const PyCodeObject*) {
  return offset_by_frame_object(generator);
}

#elif PY_VERSION_HEX >= 0x030C0000

int offset_of(PyObject* generator, const PyCodeObject*) {
  if (as_generator(generator)->gi_frame_state > 0)
    return kNowhere;
  auto* frame = reinterpret_cast<struct _PyInterpreterFrame*>(as_generator(generator)->gi_iframe);
  return from_first(PyUnstable_InterpreterFrame_GetLasti(frame));
}

#elif PY_VERSION_HEX >= 0x030B0000

int offset_of(PyObject* generator, const PyCodeObject* code) {
  /// How a frame of Python 3.11 begins.
  struct Frame {
    void *function, *globals, *builtins, *locals;
    const PyCodeObject* code;
    void *object, *previous;
    const char* last_instruction;
  };
  if (as_generator(generator)->gi_frame_state > 0)
    return kNowhere;
  const auto* frame = reinterpret_cast<const Frame*>(as_generator(generator)->gi_iframe);
  if (frame->code != code)
    return offset_by_frame_object(generator);
  return from_first(static_cast<int>(frame->last_instruction - code->co_code_adaptive));
}

#else

int offset_of(PyObject* generator, const PyCodeObject*) {
  const PyFrameObject* frame = as_generator(generator)->gi_frame;
  if (frame == nullptr)
    return kNowhere;
#if PY_VERSION_HEX >= 0x030A0000
  constexpr int kInstructionBytes = 2;
  return from_first(frame->f_lasti * kInstructionBytes);
#else
  return from_first(frame->f_lasti);
#endif
}

#endif

PyRef awaited_by_generator(PyObject* generator) {
  return ask(kind_of(generator)->awaited, generator);
}

}  // namespace loopscope::bindings

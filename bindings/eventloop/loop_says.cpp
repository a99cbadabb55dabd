#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/utf8_text.h"

namespace loopscope::bindings {
namespace {

/// What the program says, as a name of the trace. kNoName for None; false with an exception set if it is no text.
bool text_in(tracer::Recorder& recorder, PyObject* object, tracer::NameId& text) {
  text = tracer::kNoName;
  if (object == Py_None)
    return true;
  if (!PyUnicode_Check(object)) {
    PyErr_Format(PyExc_TypeError, "a mark or a span is named by a str, not %R", object);
    return false;
  }
  text = recorder.intern_text(utf8_text(object));
  return true;
}

bool parse(PyObject* object, PyObject* const* args, Py_ssize_t count, tracer::NameId& text,
           tracer::NameId& details) {
  if (count != 2) {
    PyErr_SetString(PyExc_TypeError, "a text and its details are required");
    return false;
  }
  tracer::Recorder& recorder = native(as_loop(object)).recorder();
  return text_in(recorder, args[0], text) && text_in(recorder, args[1], details);
}

/// The number of the task that runs now, as far as the trace follows it.
std::uint64_t current_task(LoopObject* self) {
  if (!native(self).recorder().tasks())
    return 0;
  const PyRef asyncio = PyRef::steal(PyImport_ImportModule("asyncio"));
  const PyRef task =
      PyRef::steal(asyncio ? PyObject_CallMethod(asyncio.get(), "current_task", "O", as_object(self)) : nullptr);
  PyErr_Clear();
  return task && task.get() != Py_None ? self->state->trace.tasks.number_of(task.get()) : 0;
}

}  // namespace

PyObject* is_recorded(PyObject* object, void*) {
  return PyBool_FromLong(native(as_loop(object)).recorder().on() ? 1 : 0);
}

PyObject* records_jobs(PyObject* object, void*) {
  return PyBool_FromLong(native(as_loop(object)).recorder().callbacks() ? 1 : 0);
}

PyObject* say_mark(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  tracer::NameId text = tracer::kNoName;
  tracer::NameId details = tracer::kNoName;
  if (!parse(object, args, count, text, details))
    return nullptr;
  native(as_loop(object)).recorder().mark(text, details, current_task(as_loop(object)));
  Py_RETURN_NONE;
}

PyObject* say_span_begin(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  tracer::NameId text = tracer::kNoName;
  tracer::NameId details = tracer::kNoName;
  if (!parse(object, args, count, text, details))
    return nullptr;
  return PyLong_FromUnsignedLongLong(native(as_loop(object)).recorder().span_begin(text, details));
}

PyObject* say_span_end(PyObject* object, PyObject* const* args, Py_ssize_t count) {
  const auto id = count == 2 ? PyLong_AsUnsignedLongLong(args[0]) : 0;
  if (PyErr_Occurred() != nullptr)
    return nullptr;
  tracer::NameId text = tracer::kNoName;
  tracer::Recorder& recorder = native(as_loop(object)).recorder();
  if (count == 2 && !text_in(recorder, args[1], text))
    return nullptr;
  recorder.span_end(id, text);
  Py_RETURN_NONE;
}

}  // namespace loopscope::bindings

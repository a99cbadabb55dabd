#include "bindings/loop_methods.h"

#include <string>

#include "bindings/py_ref.h"
#include "bindings/type_kit.h"
#include "tracer/words.h"

namespace loopscope::bindings {

PyObject* open_session(PyObject* object, PyObject* args) {
  const char *program = nullptr, *python = nullptr, *level_word = nullptr;
  unsigned int number = 0;
  unsigned long long ring_events = 0;
  if (!PyArg_ParseTuple(args, "ssIsK", &program, &python, &number, &level_word, &ring_events))
    return nullptr;
  tracer::SessionFacts facts;
  facts.libuv_version = uv_version_string();
  facts.python_version = python;
  facts.program = program;
  facts.loop_number = number;
  if (ring_events != 0)
    facts.ring_events = ring_events;
  loop::Loop::phase_order(facts.phase_order);
  const auto level = tracer::parse_level(level_word);
  if (!level) {
    PyErr_Format(PyExc_ValueError, "level must be off, phases, callbacks or tasks, not '%s'", level_word);
    return nullptr;
  }
  std::string error;
  auto session = tracer::WritableSession::create(facts, error);
  if (session == nullptr)
    return PyUnicode_FromStringAndSize(error.data(), static_cast<Py_ssize_t>(error.size()));
  native(as_loop(object)).set_recorder(tracer::Recorder(std::move(session), *level));
  Py_RETURN_NONE;
}

PyObject* get_level(PyObject* object, void*) {
  const auto word = tracer::level_name(native(as_loop(object)).recorder().own_level());
  return PyUnicode_FromStringAndSize(word.data(), static_cast<Py_ssize_t>(word.size()));
}

int set_level(PyObject* object, PyObject* value, void*) {
  const char* word = value != nullptr && PyUnicode_Check(value) ? PyUnicode_AsUTF8(value) : nullptr;
  const auto level = word != nullptr ? tracer::parse_level(word) : std::nullopt;
  if (!level) {
    PyErr_Format(PyExc_ValueError, "trace_level must be 'off', 'phases', 'callbacks' or 'tasks', not %R", value);
    return -1;
  }
  native(as_loop(object)).recorder().set_level(*level);
  return 0;
}

PyObject* get_session_path(PyObject* object, void*) {
  const tracer::WritableSession* session = native(as_loop(object)).recorder().session();
  if (session == nullptr || session->path().empty())
    return or_none(nullptr);
  return PyUnicode_DecodeFSDefaultAndSize(session->path().data(), static_cast<Py_ssize_t>(session->path().size()));
}

}  // namespace loopscope::bindings

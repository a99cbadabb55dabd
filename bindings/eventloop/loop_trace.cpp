#include "bindings/eventloop/gc_watch.h"
#include "bindings/eventloop/loop_methods.h"

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string>
#include <system_error>

#include "bindings/kit/py_ref.h"
#include "bindings/kit/type_kit.h"
#include "bindings/stalls/stall_watch.h"
#include "tracer/words.h"

namespace loopscope::bindings {

namespace {

constexpr Py_ssize_t kOfWhoMadeTheLoop = 2;  // stack level of a warning

/// What LOOPSCOPE_LEVEL says; false with an exception set if its warning is one.
bool level_from_environment(tracer::Level& level) {
  const char* word = std::getenv("LOOPSCOPE_LEVEL");
  if (word == nullptr)
    return true;
  if (const auto known = tracer::parse_level(word)) {
    level = *known;
    return true;
  }
  return PyErr_WarnFormat(PyExc_RuntimeWarning, kOfWhoMadeTheLoop,
                          "LOOPSCOPE_LEVEL is '%s'; it must be off, phases, callbacks or tasks. Recording phases.",
                          word) == 0;
}

/// Likewise for the variables that are numbers.
template <typename Number>
bool number_from_environment(const char* variable, const char* unit, Number& number) {
  const char* text = std::getenv(variable);
  if (text == nullptr)
    return true;
  Number given{};
  const auto [end, failure] = std::from_chars(text, text + std::strlen(text), given);
  if (failure == std::errc() && *end == '\0') {
    number = given;
    return true;
  }
  return PyErr_WarnFormat(PyExc_RuntimeWarning, kOfWhoMadeTheLoop,
                          "%s is '%s'; it must be a number of %s. Using the default.", variable, text, unit) == 0;
}

}  // namespace

PyObject* open_session(PyObject* object, PyObject* args) {
  const char *program = nullptr, *python = nullptr;
  unsigned int number = 0;
  if (!PyArg_ParseTuple(args, "ssI", &program, &python, &number))
    return nullptr;
  tracer::SessionFacts facts;
  facts.libuv_version = uv_version_string();
  facts.python_version = python;
  facts.program = program;
  facts.loop_number = number;
  loop::Loop::phase_order(facts.phase_order);
  auto level = tracer::Level::phases;
  std::uint64_t dead_bytes = 0;  // the tracer reads it when it looks after the dead
  if (!level_from_environment(level) ||
      !number_from_environment("LOOPSCOPE_RING_EVENTS", "events", facts.ring_events) ||
      !number_from_environment("LOOPSCOPE_DEAD_BYTES", "bytes", dead_bytes) || !read_stall_threshold())
    return nullptr;
  if (facts.ring_events == 0)
    facts.ring_events = tracer::SessionFacts().ring_events;
  std::string error;
  auto session = tracer::WritableSession::create(facts, error);
  if (session == nullptr)
    return PyUnicode_FromStringAndSize(error.data(), static_cast<Py_ssize_t>(error.size()));
  native(as_loop(object)).set_recorder(tracer::Recorder(std::move(session), level));
  native(as_loop(object)).recorder().watch_with(watchdog(), as_loop(object)->state->stacks);
  native(as_loop(object)).recorder().set_stall_threshold(stall_threshold_ns());
  record_collections(as_loop(object));
  Py_RETURN_NONE;
}

PyObject* remove_session(PyObject* object, PyObject*) {
  if (tracer::WritableSession* session = native(as_loop(object)).recorder().session(); session != nullptr)
    session->remove_name();
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

/// Takes over the process's threshold.
PyObject* take_stall_threshold(PyObject* object, PyObject*) {
  native(as_loop(object)).recorder().set_stall_threshold(stall_threshold_ns());
  Py_RETURN_NONE;
}

/// The latest stall that nobody took yet, or None: what the thread did, in which system call (None: in none that is known), the
/// stack as (file, line, function), outermost first. From the first call on the watchdog keeps it.
PyObject* take_stall(PyObject* object, PyObject*) {
  tracer::WatchedSession* watched = native(as_loop(object)).recorder().watched();
  if (watched == nullptr)
    return or_none(nullptr);
  watched->want_stalls();
  const auto stall = watched->take_stall();
  if (!stall)
    return or_none(nullptr);
  const PyRef stack = PyRef::steal(PyList_New(0));
  for (auto frame = stall->stack.rbegin(); stack && frame != stall->stack.rend(); ++frame) {
    const PyRef entry =
        PyRef::steal(Py_BuildValue("(sIs)", frame->file.c_str(), frame->line, frame->function.c_str()));
    if (!entry || PyList_Append(stack.get(), entry.get()) != 0)
      return nullptr;
  }
  const std::string doing(tracer::thread_doing_name(stall->doing));
  return Py_BuildValue("(szO)", doing.c_str(), stall->system_call.empty() ? nullptr : stall->system_call.c_str(),
                       stack.get());
}

PyObject* has_viewer(PyObject* object, void*) {
  return PyBool_FromLong(native(as_loop(object)).recorder().has_viewer() ? 1 : 0);
}

PyObject* get_session_path(PyObject* object, void*) {
  const tracer::WritableSession* session = native(as_loop(object)).recorder().session();
  if (session == nullptr || session->path().empty())
    return or_none(nullptr);
  return PyUnicode_DecodeFSDefaultAndSize(session->path().data(), static_cast<Py_ssize_t>(session->path().size()));
}

}  // namespace loopscope::bindings

#include "bindings/stalls/stall_watch.h"

#include <cmath>
#include <cstdlib>

#include "bindings/stalls/python_stacks.h"

namespace loopscope::bindings {
namespace {

constexpr double kNsInSecond = 1e9;
constexpr double kNsInMs = 1e6;
constexpr double kLongestNs = 1e15;  // twelve days
constexpr Py_ssize_t kOfWhoMadeTheLoop = 2;

std::uint64_t threshold_ns = tracer::kDefaultStallThresholdNs;

bool is_threshold(double ns) {
  return std::isfinite(ns) && ns >= 0 && ns <= kLongestNs;
}

}  // namespace

/// Never destroyed: the process may end while its thread looks.
tracer::Watchdog& watchdog() {
  static auto* const watchdog = new tracer::Watchdog;
  return *watchdog;
}

std::uint64_t stall_threshold_ns() {
  return threshold_ns;
}

bool read_stall_threshold() {
  static bool read = false;
  const char* text = std::exchange(read, true) ? nullptr : std::getenv("LOOPSCOPE_STALL_MS");
  if (text == nullptr)
    return true;
  char* end = nullptr;
  const double ns = std::strtod(text, &end) * kNsInMs;
  if (end != text && *end == '\0' && is_threshold(ns)) {
    threshold_ns = static_cast<std::uint64_t>(ns);
    return true;
  }
  return PyErr_WarnFormat(PyExc_RuntimeWarning, kOfWhoMadeTheLoop,
                          "LOOPSCOPE_STALL_MS is '%s'; it must be a number of milliseconds, 0 for none. Using 25.",
                          text) == 0;
}

PyObject* get_stall_threshold(PyObject*, PyObject*) {
  return PyFloat_FromDouble(static_cast<double>(threshold_ns) / kNsInSecond);
}

PyObject* set_stall_threshold(PyObject*, PyObject* seconds) {
  const double ns = PyFloat_AsDouble(seconds) * kNsInSecond;
  if (PyErr_Occurred() != nullptr)
    return nullptr;
  if (!is_threshold(ns)) {
    PyErr_Format(PyExc_ValueError, "stall_threshold must be a number of seconds, 0 for none, not %R", seconds);
    return nullptr;
  }
  threshold_ns = static_cast<std::uint64_t>(ns);
  Py_RETURN_NONE;
}

PyObject* stop_watchdog(PyObject*, PyObject*) {
  watchdog().stop();
  Py_RETURN_NONE;
}

PyObject* watchdog_forked(PyObject*, PyObject*) {
  watchdog().forked();
  Py_RETURN_NONE;
}

PyObject* watchdog_state(PyObject*, PyObject*) {
  return Py_BuildValue("(OO)", watchdog().running() ? Py_True : Py_False,
                       PythonStacks::works() ? Py_True : Py_False);
}

}  // namespace loopscope::bindings

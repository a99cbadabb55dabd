#include "bindings/stalls/stack_readings.h"

#include <map>
#include <string>
#include <tuple>

#include "bindings/kit/py_ref.h"
#include "bindings/stalls/frame_walk.h"
#include "bindings/stalls/self_memory.h"

namespace loopscope::bindings {
namespace {

using Frame = std::tuple<std::string, std::string, std::uint32_t, std::uint32_t>;

struct Readings {
  unsigned long long done = 0;
  unsigned long long torn = 0;
  unsigned long long none = 0;
  std::map<Frame, unsigned long long> seen;
};

/// The oldest one: a thread that is about to start another has made a state for that, which has its own number until then.
PyThreadState* state_of(unsigned long thread) {
  PyThreadState* found = nullptr;
  for (auto* state = PyInterpreterState_ThreadHead(PyInterpreterState_Get()); state != nullptr;
       state = PyThreadState_Next(state))
    if (state->thread_id == thread)
      found = state;
  return found;
}

Readings read(std::uint64_t thread, unsigned long long times) {
  const SelfMemory memory;
  FrameWalk walk(memory);
  Readings readings;
  for (; times > 0; --times) {
    const auto outcome = walk.read(thread);
    readings.done += outcome == FrameWalk::Outcome::done ? 1 : 0;
    readings.torn += outcome == FrameWalk::Outcome::changed ? 1 : 0;
    readings.none += outcome == FrameWalk::Outcome::no_frames ? 1 : 0;
    if (outcome == FrameWalk::Outcome::done)
      for (const auto& frame : walk.frames())
        ++readings.seen[{std::string(frame.function), std::string(frame.file), frame.first_line, frame.line}];
  }
  return readings;
}

}  // namespace

PyObject* read_stacks(PyObject*, PyObject* args) {
  unsigned long thread = 0;
  unsigned long long times = 0;
  if (!PyArg_ParseTuple(args, "kK", &thread, &times))
    return nullptr;
  const auto* state = state_of(thread);
  if (state == nullptr)
    return PyErr_Format(PyExc_ValueError, "no thread %lu runs Python here", thread);
  const auto address = reinterpret_cast<std::uint64_t>(state);
  Readings readings;
  Py_BEGIN_ALLOW_THREADS;
  readings = read(address, times);
  Py_END_ALLOW_THREADS;
  const PyRef seen = PyRef::steal(PyDict_New());
  for (const auto& [frame, count] : readings.seen) {
    const auto& [function, file, first_line, line] = frame;
    const PyRef key =
        PyRef::steal(Py_BuildValue("(s#s#II)", function.data(), static_cast<Py_ssize_t>(function.size()),
                                   file.data(), static_cast<Py_ssize_t>(file.size()), first_line, line));
    const PyRef value = PyRef::steal(PyLong_FromUnsignedLongLong(count));
    if (!seen || !key || !value || PyDict_SetItem(seen.get(), key.get(), value.get()) != 0)
      return nullptr;
  }
  return Py_BuildValue("(KKKO)", readings.done, readings.torn, readings.none, seen.get());
}

}  // namespace loopscope::bindings

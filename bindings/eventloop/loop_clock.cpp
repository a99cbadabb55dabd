#include "bindings/eventloop/loop_clock.h"

#include <cmath>
#include <limits>

#include "bindings/eventloop/loop_object.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/runtime.h"

namespace loopscope::bindings {

bool LoopClock::in_use() {
  return owner_->state->own_methods.any(kTime, as_object(owner_));
}

std::int64_t LoopClock::now_ns() {
  if (owner_->state->exit_exception)
    return 0;
  const PyRef now = PyRef::steal(PyObject_CallMethodNoArgs(as_object(owner_), runtime().time));
  const double seconds = now ? PyFloat_AsDouble(now.get()) : -1.0;
  if (seconds != -1.0 || PyErr_Occurred() == nullptr)
    return to_ns(seconds);
  exit_loop(owner_);
  return 0;
}

std::int64_t to_ns(double seconds) {
  constexpr double kMost = 9.2e18;
  const double ns = std::ceil(seconds * 1e9);
  if (ns >= kMost)
    return std::numeric_limits<std::int64_t>::max();
  return ns > -kMost ? static_cast<std::int64_t>(ns) : std::numeric_limits<std::int64_t>::min();
}

}  // namespace loopscope::bindings

#include "tracer/analysis/blame.h"

#include <algorithm>

namespace loopscope::tracer {

std::optional<Blame> blame(const TraceModel& model, const CallbackSlice& victim) {
  if (victim.waited_ns() == 0)
    return std::nullopt;
  const auto& callbacks = model.callbacks();
  const std::uint64_t end = callbacks.first_beginning_at(victim.begin_ns);
  std::uint64_t index = callbacks.first_ending_after(victim.ready_ns);
  if (index + 1 < end) {  // the first may have begun before the wait: only its part counts
    const Worst inner = callbacks.summarise(index + 1, end);
    const CallbackSlice& first = callbacks[index];
    if (inner.duration_ns > first.end_ns - std::max(first.begin_ns, victim.ready_ns))
      index = inner.index;
  }
  if (index >= end)
    return std::nullopt;
  const CallbackSlice& culprit = callbacks[index];
  const std::int64_t share =
      std::min(culprit.end_ns, victim.begin_ns) - std::max(culprit.begin_ns, victim.ready_ns);
  return Blame{culprit, share};
}

}  // namespace loopscope::tracer

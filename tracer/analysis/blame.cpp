#include "tracer/analysis/blame.h"

#include <algorithm>

namespace loopscope::tracer {

namespace {

/// More than any queue that a person can read on a screen. Without a limit one question could take longer than a frame.
constexpr std::uint64_t kMostLookedAt = 20'000;

}  // namespace

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

Harm harm(const TraceModel& model, std::uint64_t index) {
  const auto& callbacks = model.callbacks();
  const CallbackSlice culprit = callbacks[index];
  Harm harm;
  const std::uint64_t stop = std::min(callbacks.last(), index + 1 + kMostLookedAt);
  for (std::uint64_t i = index + 1; i < stop; ++i) {
    const CallbackSlice& other = callbacks[i];
    if (other.ready_ns <= 0 || other.ready_ns >= culprit.end_ns)
      continue;
    ++harm.waited;
    harm.longest_wait_ns = std::max(harm.longest_wait_ns, other.waited_ns());
    harm.total_wait_ns = add_ns(harm.total_wait_ns, culprit.end_ns - std::max(culprit.begin_ns, other.ready_ns));
  }
  return harm;
}

}  // namespace loopscope::tracer

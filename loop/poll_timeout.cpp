#include "loop/poll_timeout.h"

#include <limits>

namespace loopscope::loop {

using tracer::PollReason;

std::uint64_t due_ms(std::int64_t due_ns) {
  constexpr std::uint64_t kNsPerMs = 1'000'000;
  return due_ns <= 0 ? 0 : (static_cast<std::uint64_t>(due_ns) + kNsPerMs - 1) / kNsPerMs;
}

PollTimeout poll_timeout(const PollState& state) {
  if (state.stopping)
    return {0, PollReason::stopping};
  if (!state.may_wait)
    return {0, PollReason::not_waiting};
  if (!state.alive)
    return {0, PollReason::nothing_to_wait_for};
  if (state.ready)
    return {0, PollReason::ready_callbacks};
  if (state.closing)
    return {0, PollReason::closing_handles};
  if (!state.next_timer_ns)
    return {-1, PollReason::forever};

  const std::uint64_t due = due_ms(*state.next_timer_ns);
  if (due <= state.now_ms)
    return {0, PollReason::timer_due};
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  const std::uint64_t wait_ms = due - state.now_ms;
  return {static_cast<std::int32_t>(wait_ms < kMost ? wait_ms : kMost), PollReason::until_timer};
}

}  // namespace loopscope::loop

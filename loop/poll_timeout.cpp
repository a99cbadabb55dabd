#include "loop/poll_timeout.h"

#include <algorithm>
#include <limits>

namespace loopscope::loop {

using tracer::PollReason;

namespace {

/// At most what epoll takes. `due_ns` is after `now_ns`; the distance of two int64 fits a uint64.
std::int32_t ms_until(std::int64_t due_ns, std::int64_t now_ns) {
  constexpr std::uint64_t kNsPerMs = 1'000'000;
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  const std::uint64_t wait_ns = static_cast<std::uint64_t>(due_ns) - static_cast<std::uint64_t>(now_ns);
  return static_cast<std::int32_t>(std::min(kMost, (wait_ns - 1) / kNsPerMs + 1));
}

}  // namespace

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

  if (*state.next_timer_ns <= state.now_ns)
    return {0, PollReason::timer_due};
  return {ms_until(*state.next_timer_ns, state.now_ns), PollReason::until_timer};
}

}  // namespace loopscope::loop

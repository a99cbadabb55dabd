#pragma once
/// How long the poll may sleep, and why: the rules of libuv's uv_backend_timeout() on the loop's own state.
///
/// uv_backend_timeout() itself answers 0 while newly registered watchers wait for the kernel, which is not
/// what libuv then sleeps; so the number is computed here, and tests/truth proves that it is the one that
/// reaches epoll.
///
/// The rules, first match wins (libuv docs, "Design overview", the I/O loop, step 7):
///   1. stop() was called                    -> 0
///   2. nothing keeps the loop alive         -> 0
///   3. callbacks wait in the ready queue    -> 0
///   4. handles wait for their closing       -> 0
///   5. there is a timer: ms until it is due, rounded up, at most INT_MAX; 0 if it is due
///   6. otherwise                            -> -1, no timeout
/// Unit: ms, as epoll takes it. Rounding up is what keeps timers from being early. They are counted from the true time:
/// libuv's clock is cut to ms, and may be as old as the iteration.

#include <cstdint>
#include <optional>

#include "tracer/format.h"

namespace loopscope::loop {

struct PollState {
  bool may_wait = true;  ///< false: the caller asked for a pass that does not wait
  bool stopping = false;
  bool alive = true;
  bool ready = false;  ///< the ready queue is not empty
  bool closing = false;
  std::optional<std::int64_t> next_timer_ns;
  std::int64_t now_ns = 0;  ///< on the timers' clock; asked for only if there is nothing else to do
};

struct PollTimeout {
  std::int32_t timeout_ms;
  tracer::PollReason reason;
};

[[nodiscard]] PollTimeout poll_timeout(const PollState& state);

}  // namespace loopscope::loop

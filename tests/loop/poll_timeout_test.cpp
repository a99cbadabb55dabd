#include "loop/poll_timeout.h"

#include <gtest/gtest.h>
#include <uv.h>

#include <limits>

namespace loopscope::loop {
namespace {

using tracer::PollReason;

void expect(const PollState& state, std::int32_t timeout_ms, PollReason reason) {
  const PollTimeout decided = poll_timeout(state);
  EXPECT_EQ(decided.timeout_ms, timeout_ms);
  EXPECT_EQ(decided.reason, reason);
}

TEST(PollTimeout, IsForeverIfNothingIsKnownToHappen) {
  expect({}, -1, PollReason::forever);
}

TEST(PollTimeout, IsZeroIfTheLoopShallStopWhateverElseHolds) {
  expect({.stopping = true, .ready = true, .closing = true, .next_timer_ns = 1}, 0, PollReason::stopping);
}

TEST(PollTimeout, IsZeroIfCallbacksAreReady) {
  expect({.ready = true}, 0, PollReason::ready_callbacks);
}

TEST(PollTimeout, IsZeroIfHandlesAreClosing) {
  expect({.closing = true}, 0, PollReason::closing_handles);
}

TEST(PollTimeout, IsZeroIfNothingKeepsTheLoopAlive) {
  expect({.alive = false}, 0, PollReason::nothing_to_wait_for);
}

TEST(PollTimeout, IsZeroIfTheCallerDoesNotWant) {
  expect({.may_wait = false}, 0, PollReason::not_waiting);
}

TEST(PollTimeout, IsZeroForATimerThatIsDue) {
  expect({.next_timer_ns = 5'000'000, .now_ns = 5'000'000}, 0, PollReason::timer_due);
  expect({.next_timer_ns = 5'000'000, .now_ns = 5'000'001}, 0, PollReason::timer_due);
  expect({.next_timer_ns = std::numeric_limits<std::int64_t>::min(), .now_ns = 1}, 0, PollReason::timer_due);
}

TEST(PollTimeout, RoundsTheTimeUntilATimerUpSoThatItIsNeverEarly) {
  expect({.next_timer_ns = 5'000'001, .now_ns = 5'000'000}, 1, PollReason::until_timer);
  expect({.next_timer_ns = 6'000'000, .now_ns = 5'000'000}, 1, PollReason::until_timer);
  expect({.next_timer_ns = 6'000'001, .now_ns = 5'000'000}, 2, PollReason::until_timer);
}

TEST(PollTimeout, CountsFromTheTimeItselfAndNotFromTheMsThatItLiesIn) {
  expect({.next_timer_ns = 17'900'000, .now_ns = 5'900'000}, 12, PollReason::until_timer);
  expect({.next_timer_ns = 17'900'000, .now_ns = 5'899'999}, 13, PollReason::until_timer);
}

TEST(PollTimeout, IsAtMostWhatEpollTakes) {
  constexpr auto kMost = std::numeric_limits<std::int32_t>::max();
  constexpr auto kNever = std::numeric_limits<std::int64_t>::max();
  expect({.next_timer_ns = kNever, .now_ns = 5'000'000}, kMost, PollReason::until_timer);
  expect({.next_timer_ns = kNever, .now_ns = -kNever}, kMost, PollReason::until_timer);
}

/// What libuv itself would answer, for every combination that handles can bring
/// about.
TEST(PollTimeout, AgreesWithLibuv) {
  for (int mask = 0; mask < 8; ++mask) {
    const bool ready = (mask & 1) != 0, closing = (mask & 2) != 0, timer = (mask & 4) != 0;
    uv_loop_t loop;
    uv_async_t alive;
    uv_idle_t idle;
    uv_timer_t timer_handle, doomed;
    ASSERT_EQ(uv_loop_init(&loop), 0);
    uv_async_init(&loop, &alive, nullptr);
    uv_idle_init(&loop, &idle);
    uv_timer_init(&loop, &timer_handle);
    uv_timer_init(&loop, &doomed);
    uv_run(&loop, UV_RUN_NOWAIT);  // lets the new watchers reach the kernel:
                                   // they make the answer 0
    PollState state;
    state.now_ns = 7'654'321;
    if (ready)
      uv_idle_start(&idle, [](uv_idle_t*) {});
    if (closing)
      uv_close(reinterpret_cast<uv_handle_t*>(&doomed), nullptr);
    if (timer) {
      uv_timer_start(
          &timer_handle, [](uv_timer_t*) {}, 250, 0);
      state.next_timer_ns = state.now_ns + 250'000'000 - 300'000;
    }
    state.ready = ready;
    state.closing = closing;
    EXPECT_EQ(poll_timeout(state).timeout_ms, uv_backend_timeout(&loop)) << "mask " << mask;

    uv_walk(
        &loop,
        [](uv_handle_t* handle, void*) {
          if (uv_is_closing(handle) == 0)
            uv_close(handle, nullptr);
        },
        nullptr);
    uv_run(&loop, UV_RUN_DEFAULT);
    EXPECT_EQ(uv_loop_close(&loop), 0);
  }
}

}  // namespace
}  // namespace loopscope::loop

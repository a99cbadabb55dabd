#include "tracer/analysis/harm.h"

#include <gtest/gtest.h>

#include "tests/tracer/analysis/events.h"

namespace loopscope::testing {
namespace {

using tracer::harm;

TEST(Harm, CountsAllWhoWaitedBehindOne) {
  Trace trace;
  trace.callback(1, 30 * kMs);
  for (int i = 0; i < 34; ++i) trace.callback(2, 10 * kUs, kStart + (2 + i % 10) * kMs);
  trace.wait(kMs).callback(3, 10 * kUs, trace.t - kUs);
  const auto harmed = harm(trace.model(), 0);
  EXPECT_EQ(harmed.waited, 34U);
  EXPECT_NEAR(static_cast<double>(harmed.longest_wait_ns), 28.4e6, 0.3e6);
}

TEST(Harm, TellsTimersFromOtherCallbacks) {
  Trace trace;
  trace.callback(1, 30 * kMs);
  for (int i = 0; i < 3; ++i) trace.callback(2, 10 * kUs, kStart + kMs, CallbackKind::timer, 9);
  const auto harmed = harm(trace.model(), 0);
  EXPECT_EQ(harmed.waited, 0U);
  EXPECT_EQ(harmed.overdue, 3U);
  EXPECT_FALSE(harmed.polled) << "nobody asked the kernel yet";
}

TEST(Harm, KnowsWhatTheNextPollBrought) {
  Trace trace;
  trace.callback(1, 30 * kMs).wait(kUs).poll_begin(0, PollReason::ready_callbacks).wait(kMs).poll_end(10);
  const auto harmed = harm(trace.model(), 0);
  EXPECT_TRUE(harmed.polled);
  EXPECT_EQ(harmed.io_events, 10U);
  EXPECT_EQ(harmed.poll_after_ns, kUs);
}

}  // namespace
}  // namespace loopscope::testing

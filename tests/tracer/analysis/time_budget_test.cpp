#include "tracer/analysis/time_budget.h"

#include <gtest/gtest.h>

#include "tests/tracer/analysis/events.h"

namespace loopscope::testing {
namespace {

using tracer::Activity;
using tracer::time_budget;
using tracer::TimeBudget;

std::int64_t sum(const TimeBudget& budget) {
  std::int64_t total = 0;
  for (const std::int64_t ns : budget.times.ns) {
    EXPECT_GE(ns, 0);
    total += ns;
  }
  return total;
}

TEST(TimeBudget, SumsToTheWholeSecondExactly) {
  Trace trace;
  while (trace.t < kStart + 3 * kSecond)
    trace.phase(Phase::timers, 30 * kUs)
        .wait(2 * kUs)
        .phase(Phase::idle, 400 * kUs)
        .poll_begin(5, PollReason::until_timer, 3 * kUs)
        .wait(2 * kMs)
        .poll_wake(40 * kUs)
        .wait(300 * kUs)
        .poll_end();
  const auto model = trace.model();
  const TimeBudget budget = time_budget(model, trace.t - kSecond, trace.t);
  EXPECT_EQ(sum(budget), kSecond);
  EXPECT_EQ(budget.times[Activity::unknown], 0);
  EXPECT_NEAR(budget.share(Activity::poll_asleep), 2000.0 / 2775, 0.003);
  EXPECT_NEAR(budget.share(Activity::gil_wait), 40.0 / 2775, 0.003);
}

TEST(TimeBudget, CutsSlicesThatReachOverItsEdges) {
  Trace trace;
  trace.phase(Phase::idle, 10 * kMs).sleep(10 * kMs).wait(kMs).put(EventType::loop_stop);
  const TimeBudget budget = time_budget(trace.model(), kStart + 5 * kMs, kStart + 15 * kMs);
  EXPECT_EQ(budget.times[Activity::idle], 5 * kMs);
  EXPECT_EQ(budget.times[Activity::poll_asleep], 5 * kMs);
}

TEST(TimeBudget, LetsWhatIsOpenGoOn) {
  Trace trace;
  trace.phase(Phase::idle, kMs).poll_begin(-1, PollReason::forever);
  const TimeBudget budget = time_budget(trace.model(), trace.t, trace.t + kSecond);
  EXPECT_EQ(budget.times[Activity::poll_asleep], kSecond);
}

TEST(TimeBudget, SaysUnknownForWhatWasBeforeTheTraceBegan) {
  Trace trace;
  trace.poll_begin(-1, PollReason::forever);
  const TimeBudget budget = time_budget(trace.model(), kStart - 600 * kMs, kStart + 400 * kMs);
  EXPECT_EQ(budget.times[Activity::unknown], 600 * kMs);
  EXPECT_EQ(sum(budget), kSecond);
}

TEST(TimeBudget, SaysUnknownForWhatWasLost) {
  Trace trace;
  trace.sleep(100 * kMs);
  auto model = trace.model();
  model.lose(5);
  Trace after;
  after.t = trace.t + 200 * kMs;
  after.poll_begin(-1, PollReason::forever).wait(700 * kMs);
  for (const TraceEvent& event : after.events) model.add(event);
  const TimeBudget budget = time_budget(model, kStart, kStart + kSecond);
  EXPECT_EQ(budget.times[Activity::unknown], 200 * kMs);
  EXPECT_EQ(budget.times[Activity::poll_asleep], 800 * kMs);
  EXPECT_EQ(sum(budget), kSecond);
}

TEST(TimeBudget, OfNoTraceIsAllUnknown) {
  const TimeBudget budget = time_budget(tracer::TraceModel(), kStart, kStart + kSecond);
  EXPECT_EQ(budget.times[Activity::unknown], kSecond);
}

}  // namespace
}  // namespace loopscope::testing

#include "tracer/analysis/blame.h"

#include <gtest/gtest.h>

#include "tests/tracer/analysis/events.h"

namespace loopscope::testing {
namespace {

using tracer::blame;

TEST(Blame, NamesTheLongestCallbackThatRanMeanwhile) {
  Trace trace;
  trace.callback(1, kMs).callback(2, 30 * kMs).callback(3, 2 * kMs);
  trace.callback(4, kMs, kStart);
  const auto model = trace.model();
  const auto culprit = blame(model, model.callbacks()[3]);
  ASSERT_TRUE(culprit);
  EXPECT_EQ(culprit->culprit.name, 2U);
  EXPECT_EQ(culprit->share_ns, 30 * kMs);
}

TEST(Blame, WeighsACallbackThatHadBegunByItsPartOfTheWaitOnly) {
  Trace trace;
  trace.callback(1, 20 * kMs);
  const std::int64_t ready = trace.t - kMs;
  trace.callback(2, 5 * kMs).callback(3, kMs, ready);
  const auto model = trace.model();
  const auto culprit = blame(model, model.callbacks()[2]);
  ASSERT_TRUE(culprit);
  EXPECT_EQ(culprit->culprit.name, 2U);
}

TEST(Blame, NamesNobodyIfNobodyRan) {
  Trace trace;
  trace.callback(1, kMs).wait(10 * kMs);
  const std::int64_t ready = trace.t;
  trace.wait(kMs).callback(2, kMs, ready);
  const auto model = trace.model();
  EXPECT_FALSE(blame(model, model.callbacks()[1]));
}

TEST(Blame, NamesNobodyIfItDidNotWait) {
  Trace trace;
  trace.callback(1, kMs).callback(2, kMs, 0);
  const auto model = trace.model();
  EXPECT_FALSE(blame(model, model.callbacks()[1]));
}

}  // namespace
}  // namespace loopscope::testing

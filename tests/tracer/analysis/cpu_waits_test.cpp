#include "tracer/analysis/cpu_waits.h"

#include <gtest/gtest.h>

#include "tests/tracer/analysis/events.h"

namespace loopscope::testing {
namespace {
using tracer::CpuWaits;
using tracer::ThreadState;

/// A thread that is looked at every 20 ms.
class Watched {
 public:
  CpuWaits waits;

  Watched() { look(ThreadState::runnable); }
  /// 20 ms, of which it ran and waited so long; the rest it slept.
  Watched& pass(std::int64_t ran_ns, std::int64_t waited_ns, ThreadState state = ThreadState::runnable) {
    t += 20 * kMs;
    ran += ran_ns;
    waited += waited_ns;
    look(state);
    return *this;
  }
  std::int64_t t = kStart;
  std::int64_t ran = kSecond;
  std::int64_t waited = 100 * kMs;

 private:
  void look(ThreadState state) { waits.add({t, t + 10 * kUs, ran, waited, state}); }
};

TEST(CpuWaits, WithoutSamplesNothingIsKnown) {
  const CpuWaits waits;
  EXPECT_FALSE(waits.sampled());
  EXPECT_EQ(waits.at_most_ns(kStart, kStart + kSecond), 0);
  EXPECT_FALSE(waits.share(kStart, kStart + kSecond));
}

TEST(CpuWaits, BoundAStretchByAllThatItsSamplesCounted) {
  Watched thread;
  thread.pass(20 * kMs, 0).pass(5 * kMs, 15 * kMs).pass(20 * kMs, 0);
  EXPECT_EQ(thread.waits.at_most_ns(kStart + 2 * kMs, kStart + 18 * kMs), 0);
  EXPECT_EQ(thread.waits.at_most_ns(kStart + 10 * kMs, kStart + 50 * kMs), 15 * kMs);
}

TEST(CpuWaits, BoundAStretchByItsLength) {
  Watched thread;
  thread.pass(5 * kMs, 15 * kMs);
  EXPECT_EQ(thread.waits.at_most_ns(kStart + 4 * kMs, kStart + 5 * kMs), kMs);
}

TEST(CpuWaits, BoundTheTimeOnACpu) {
  Watched thread;
  thread.pass(20 * kMs, 0)
      .pass(3 * kMs, 0, ThreadState::asleep)
      .pass(4 * kMs, 0, ThreadState::asleep)
      .pass(0, 0, ThreadState::asleep);
  const auto all = thread.waits.on_cpu(kStart + 15 * kMs, kStart + 65 * kMs);
  EXPECT_NEAR(static_cast<double>(all.at_least_ns), 7 * kMs, 10 * kUs) << "each look takes 10 us";
  EXPECT_EQ(all.at_most_ns, 27 * kMs) << "the first 20 ms may lie in the stretch, for all that is known";
  EXPECT_EQ(thread.waits.on_cpu(kStart + 25 * kMs, kStart + 27 * kMs).at_most_ns, 2 * kMs);
}

TEST(CpuWaits, TellHowLongAThreadCertainlySlept) {
  Watched thread;
  thread.pass(5 * kMs, 0, ThreadState::asleep).pass(5 * kMs, 0, ThreadState::asleep);
  thread.pass(0, 2 * kMs, ThreadState::asleep);
  const auto off = thread.waits.off_cpu(kStart, thread.t + kMs);
  EXPECT_NEAR(static_cast<double>(off.asleep_at_least_ns), 33 * kMs, 30 * kUs);
  EXPECT_EQ(off.stopped_at_most_ns, 0);
}

TEST(CpuWaits, DoNotTakeTimeThatTheHostTookForASleep) {
  Watched thread;  // it was runnable all the time, and the kernel counted half of that
  for (int i = 0; i < 5; ++i) thread.pass(10 * kMs, 0, ThreadState::runnable);
  EXPECT_EQ(thread.waits.off_cpu(kStart, thread.t + kMs).asleep_at_least_ns, 0);
}

TEST(CpuWaits, TellHowLongAThreadWasStopped) {
  Watched thread;
  thread.pass(20 * kMs, 0);
  EXPECT_FALSE(thread.waits.stopped_since_ns());
  thread.pass(5 * kMs, 0, ThreadState::stopped);
  const std::int64_t since = thread.t;
  for (int i = 0; i < 3; ++i) thread.pass(0, 0, ThreadState::stopped);
  EXPECT_EQ(thread.waits.stopped_since_ns(), since + 10 * kUs);
  EXPECT_EQ(thread.waits.off_cpu(since + 30 * kMs, since + 50 * kMs).stopped_at_most_ns, 20 * kMs);
  EXPECT_EQ(thread.waits.off_cpu(since - kMs, since + 160 * kMs).stopped_at_most_ns, 161 * kMs)
      << "nobody looked after the newest sample";
  thread.pass(20 * kMs, 0);
  const auto off = thread.waits.off_cpu(kStart, thread.t + kMs);
  EXPECT_NEAR(static_cast<double>(off.stopped_at_least_ns), 60 * kMs, 30 * kUs);
  EXPECT_NEAR(static_cast<double>(off.stopped_at_most_ns), 100 * kMs, 60 * kUs);
  EXPECT_EQ(off.asleep_at_least_ns, 0);
  EXPECT_FALSE(thread.waits.stopped_since_ns());
}

TEST(CpuWaits, WithoutSamplesAThreadMayHaveRunAllTheTime) {
  const auto unknown = CpuWaits().on_cpu(kStart, kStart + kSecond);
  EXPECT_EQ(unknown.at_least_ns, 0);
  EXPECT_EQ(unknown.at_most_ns, kSecond);
  Watched thread;
  thread.pass(0, 0, ThreadState::asleep);
  EXPECT_EQ(thread.waits.on_cpu(kStart - kSecond, kStart + 20 * kMs).at_most_ns, kSecond + 20 * kMs);
  EXPECT_EQ(thread.waits.on_cpu(kStart + 10 * kMs, kStart + kSecond).at_most_ns, kSecond - 20 * kMs)
      << "all the time after the newest sample";
}

TEST(CpuWaits, CountAWaitFromWhenItBeganAndNotFromWhenItWasCounted) {
  Watched thread;  // it waited for 24 ms, across a sample, and the kernel counts that at the end
  thread.pass(16 * kMs, 0).pass(0, 24 * kMs);
  EXPECT_NEAR(static_cast<double>(thread.waits.at_most_ns(kStart + 15 * kMs, kStart + 40 * kMs)), 24 * kMs, kMs);
}

TEST(CpuWaits, InferAWaitThatGoesOn) {
  Watched thread;
  thread.pass(20 * kMs, 0).pass(2 * kMs, 0, ThreadState::runnable).pass(0, 0, ThreadState::runnable);
  EXPECT_NEAR(static_cast<double>(thread.waits.at_most_ns(kStart + 20 * kMs, thread.t)), 38 * kMs, kMs);
}

TEST(CpuWaits, DoNotTakeASleepForAWait) {
  Watched thread;
  thread.pass(20 * kMs, 0).pass(2 * kMs, 0, ThreadState::asleep).pass(0, 0, ThreadState::asleep);
  EXPECT_LE(thread.waits.at_most_ns(kStart + 21 * kMs, thread.t), kMs);
}

TEST(CpuWaits, KnowNothingOfWhatFollowsTheNewestSample) {
  Watched thread;
  thread.pass(20 * kMs, 0, ThreadState::asleep);
  EXPECT_EQ(thread.waits.at_most_ns(thread.t + kMs, thread.t + 12 * kMs), 11 * kMs);
}

TEST(CpuWaits, BoundWhatWasBeforeTheFirstSampleByAllThatTheThreadEverWaited) {
  Watched thread;
  thread.pass(20 * kMs, 0);
  EXPECT_EQ(thread.waits.at_most_ns(kStart - kSecond, kStart - 500 * kMs), 100 * kMs);
  EXPECT_EQ(thread.waits.at_most_ns(kStart - 50 * kMs, kStart - 20 * kMs), 30 * kMs);
}

TEST(CpuWaits, TellTheShareOfASecond) {
  Watched thread;
  for (int i = 0; i < 60; ++i) thread.pass(6 * kMs, 8 * kMs, ThreadState::asleep);
  EXPECT_NEAR(thread.waits.share(thread.t - kSecond, thread.t + kMs).value_or(-1), 0.4, 0.01);
}

TEST(CpuWaits, TellNoShareOfASecondOfWhichTheyKnowLittle) {
  Watched thread;
  for (int i = 0; i < 10; ++i) thread.pass(6 * kMs, 8 * kMs, ThreadState::asleep);
  EXPECT_FALSE(thread.waits.share(thread.t - kSecond, thread.t + kMs));
}

TEST(CpuWaits, SkipSamplesThatGoBack) {
  Watched thread;
  thread.pass(20 * kMs, 0);
  thread.waits.add({thread.t + 20 * kMs, thread.t + 21 * kMs, 0, 0, ThreadState::runnable});
  EXPECT_EQ(thread.waits.end_ns(), thread.t);
}

TEST(CpuWaits, ForgetWhatNobodyAsksFor) {
  Watched thread;
  for (int i = 0; i < 100; ++i) thread.pass(6 * kMs, 8 * kMs);
  const std::int64_t before = thread.waits.at_most_ns(thread.t - 70 * kMs, thread.t - 30 * kMs);
  thread.waits.forget(thread.t - 100 * kMs);
  EXPECT_EQ(thread.waits.at_most_ns(thread.t - 70 * kMs, thread.t - 30 * kMs), before);
  EXPECT_GT(thread.waits.begin_ns(), thread.t - 150 * kMs);
}

}  // namespace
}  // namespace loopscope::testing

#include "tracer/analysis/statistics.h"

#include <gtest/gtest.h>

#include "tests/tracer/analysis/events.h"

namespace loopscope::testing {
namespace {

using tracer::Counters;
using tracer::Statistics;

Statistics statistics_of(const Trace& trace) {
  Statistics statistics;
  for (const TraceEvent& event : trace.events) statistics.add(event);
  return statistics;
}

TEST(Statistics, CountsACallbackByItsName) {
  Trace trace;
  for (int i = 1; i <= 100; ++i) trace.callback(7, i * kUs, trace.t - 2 * i * kUs).wait(kMs);
  const Statistics statistics = statistics_of(trace);
  const auto& row = statistics.callbacks().at(7);
  EXPECT_EQ(row.calls, 100U);
  EXPECT_EQ(row.total_ns, 5050 * kUs);
  EXPECT_EQ(row.max_ns, 100 * kUs);
  EXPECT_NEAR(static_cast<double>(row.durations.quantile(0.5)), 50e3, 50e3 / 32);
  EXPECT_NEAR(static_cast<double>(row.waits.quantile(0.99)), 198e3, 198e3 / 32);
}

TEST(Statistics, CountsTheNewestOfAnyNumberOfFunctions) {
  Trace trace;
  for (tracer::NameId name = 1; name <= 3 * Statistics::kMostRows; ++name) trace.callback(name, kUs).wait(kUs);
  const Statistics statistics = statistics_of(trace);
  EXPECT_LE(statistics.callbacks().size(), Statistics::kMostRows);
  EXPECT_TRUE(statistics.callbacks().contains(3 * Statistics::kMostRows));
  EXPECT_TRUE(statistics.callbacks().contains(3 * Statistics::kMostRows - Statistics::kMostRows / 2));
  EXPECT_FALSE(statistics.callbacks().contains(1));
}

TEST(Statistics, MeasuresLagByBucketOfTime) {
  Trace trace;
  trace.callback(1, kUs, trace.t - 5 * kMs).wait(2 * Statistics::kBucketNs).callback(1, kUs, trace.t - 40 * kMs);
  const Statistics statistics = statistics_of(trace);
  EXPECT_EQ(statistics.bucket(kStart)->lag_max_ns, 5 * kMs);
  EXPECT_EQ(statistics.bucket(trace.t)->lag_max_ns, 40 * kMs);
  EXPECT_EQ(statistics.bucket(kStart + Statistics::kBucketNs)->lag.count(), 0U);
}

TEST(Statistics, KnowsThatAQuietTimeWasQuietAndThatAnUnseenOneIsNotKnown) {
  Trace trace;
  trace.callback(1, kUs).wait(kSecond).callback(1, kUs);
  const Statistics statistics = statistics_of(trace);
  ASSERT_NE(statistics.bucket(kStart + kSecond / 2), nullptr);
  EXPECT_EQ(statistics.bucket(kStart + kSecond / 2)->throughput.callbacks, 0);
  EXPECT_EQ(statistics.bucket(kStart - kSecond), nullptr);
  EXPECT_EQ(statistics.bucket(trace.t + kSecond), nullptr);
}

TEST(Statistics, TakesTotalsFromTheCountersAndSharesThemOutByTime) {
  Statistics statistics;
  Counters counters{};
  statistics.sample(counters, kStart);
  counters.callbacks = 1000;
  counters.bytes_read = 4000;
  statistics.sample(counters, kStart + 4 * Statistics::kBucketNs);
  for (int i = 0; i < 4; ++i) {
    EXPECT_NEAR(statistics.bucket(kStart + i * Statistics::kBucketNs)->throughput.callbacks, 250, 1e-6);
    EXPECT_NEAR(statistics.bucket(kStart + i * Statistics::kBucketNs)->throughput.bytes_read, 1000, 1e-6);
  }
}

TEST(Statistics, CountsNothingTwiceWhenEventsAndCountersTellTheSame) {
  Statistics statistics;
  Trace before;
  before.callback(1, kUs).wait(2 * Statistics::kBucketNs);
  Counters counters{};
  counters.callbacks = 1;
  statistics.sample(counters, before.t);
  for (const TraceEvent& event : before.events) statistics.add(event);
  Trace after;
  after.t = before.t + kMs;
  after.callback(1, kUs);
  for (const TraceEvent& event : after.events) statistics.add(event);
  counters.callbacks = 2;
  statistics.sample(counters, after.t + kMs);
  EXPECT_NEAR(statistics.summarise(kStart, after.t + kSecond).throughput.callbacks, 2, 1e-6);
}

TEST(Statistics, DoesNotCallZeroWhatTheLevelDidNotRecord) {
  Trace trace;
  for (int i = 0; i < 20; ++i) trace.phase(Phase::idle, kMs).sleep(100 * kMs);
  Statistics statistics = statistics_of(trace);
  ASSERT_NE(statistics.bucket(kStart), nullptr);
  EXPECT_FALSE(statistics.bucket(kStart)->totals_known) << "level phases writes no callbacks";
  Counters counters{};
  statistics.sample(counters, trace.t);
  statistics.sample(counters, trace.t + kSecond);
  EXPECT_TRUE(statistics.bucket(trace.t + kSecond / 2)->totals_known) << "the counters count at every level";
}

TEST(Statistics, PairsNoEndWithABeginFromBeforeALoss) {
  Trace trace;
  trace.callback_begin(1).wait(kMs);
  Statistics statistics = statistics_of(trace);
  statistics.lose();
  Trace after;
  after.t = trace.t + kSecond;
  after.callback_end(1);
  for (const TraceEvent& event : after.events) statistics.add(event);
  EXPECT_EQ(statistics.callbacks().at(1).calls, 0U);
}

TEST(Statistics, StartsAnewOnRequest) {
  Trace trace;
  trace.callback(1, kUs);
  Statistics statistics = statistics_of(trace);
  statistics.reset_callbacks();
  EXPECT_TRUE(statistics.callbacks().empty());
  EXPECT_EQ(statistics.counting_since_ns(), 0);
}

TEST(Statistics, AnyTimeMayBeAskedFor) {
  // In the first minute after the machine started, a minute ago is before 0.
  Trace trace;
  trace.t = 5 * kSecond;
  trace.callback(1, kUs).wait(kSecond).callback(1, kUs);
  const Statistics statistics = statistics_of(trace);
  EXPECT_NE(statistics.bucket(5 * kSecond), nullptr);
  for (const std::int64_t t : {-60 * kSecond, -std::int64_t{1}, INT64_MIN, INT64_MAX, tracer::kLatestNs})
    EXPECT_EQ(statistics.bucket(t), nullptr) << t;
  EXPECT_EQ(statistics.summarise(INT64_MIN, INT64_MAX).throughput.callbacks, 0)
      << "only the newest buckets are asked";
  EXPECT_EQ(statistics.summarise(INT64_MIN, 7 * kSecond).throughput.callbacks, 2);
}

TEST(Statistics, HoldsABoundedNumberOfRowsWhateverEventsSay) {
  Trace trace;
  for (NameId name = 1; name < 3 * Statistics::kMostRows; ++name) trace.callback(name, 1);
  const Statistics statistics = statistics_of(trace);
  EXPECT_LE(statistics.callbacks().size(), Statistics::kMostRows + 1);
  std::uint64_t calls = 0;
  for (const auto& [name, row] : statistics.callbacks()) calls += row.calls;
  EXPECT_EQ(calls, 3 * Statistics::kMostRows - 1) << "not one call is forgotten";
}

TEST(Statistics, DoesNotKnowWhatWasWhereTheMachineStoodStill) {
  Trace trace;
  trace.callback(1, kUs).wait(4 * kSecond).callback(1, kUs);
  trace.events[2].clock = tracer::ClockFault::jumped;
  const Statistics statistics = statistics_of(trace);
  EXPECT_NE(statistics.bucket(kStart), nullptr);
  EXPECT_EQ(statistics.bucket(kStart + 2 * kSecond), nullptr);
  EXPECT_NE(statistics.bucket(trace.t), nullptr);
}

TEST(Statistics, SayWhenCallsAreMissingFromTheTable) {
  Trace trace;
  trace.callback(1, kMs);
  Statistics statistics;
  statistics.lose();
  EXPECT_FALSE(statistics.calls_missing()) << "nothing was counted yet";
  for (const TraceEvent& event : trace.events) statistics.add(event);
  EXPECT_FALSE(statistics.calls_missing());
  statistics.lose();
  EXPECT_TRUE(statistics.calls_missing());
  statistics.reset_callbacks();
  EXPECT_FALSE(statistics.calls_missing());
}

TEST(Statistics, CallsAreMissingFromATimeInWhichCallbacksWereNotRecorded) {
  Trace trace;
  trace.callback(1, kMs).put(EventType::level_changed);
  trace.events.back().kind = static_cast<std::uint8_t>(tracer::Level::phases);
  Statistics statistics;
  for (const TraceEvent& event : trace.events) statistics.add(event);
  EXPECT_TRUE(statistics.calls_missing());
}

TEST(Statistics, KnowSinceWhenNoPollHasSlept) {
  Statistics statistics;
  EXPECT_FALSE(statistics.awake_since_ns());
  tracer::Counters counters{};
  statistics.sample(counters, kStart);
  counters.poll_sleep_ticks = 5;
  statistics.sample(counters, kStart + 100 * kMs);
  counters.iterations = 9;
  statistics.sample(counters, kStart + 200 * kMs);
  EXPECT_EQ(statistics.awake_since_ns(), kStart + 100 * kMs);
  statistics.stop_sampling();
  EXPECT_FALSE(statistics.awake_since_ns());
}

}  // namespace
}  // namespace loopscope::testing

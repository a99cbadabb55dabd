#include "gui/model/graph_series.h"

#include <gtest/gtest.h>

#include "tests/tracer/analysis/events.h"

namespace loopscope::gui {
namespace {

using testing::kSecond;
using testing::kStart;
using testing::kUs;
using testing::Trace;
using tracer::Statistics;

double callbacks(const Statistics::Bucket& bucket) {
  return bucket.throughput.callbacks;
}

Statistics statistics_of(const Trace& trace) {
  Statistics statistics;
  for (const auto& event : trace.events) statistics.add(event);
  return statistics;
}

TEST(GraphSeries, IsOneRunWhereAllIsKnown) {
  Trace trace;
  for (int i = 0; i < 40; ++i) trace.callback(1, kUs).wait(kSecond / 4 - kUs);
  const auto runs = series_runs(statistics_of(trace), callbacks, trace.t);
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].size(), 41U) << "the begin of the first bucket, and the end of each";
  EXPECT_EQ(largest_value(statistics_of(trace), callbacks, trace.t), 1);
  for (std::size_t i = 1; i < runs[0].size(); ++i) EXPECT_LT(runs[0][i].age, runs[0][i - 1].age);
}

TEST(GraphSeries, BreaksWhereTheMachineStoodStill) {
  Trace trace;
  trace.callback(1, kUs).wait(5 * kSecond).callback(1, kUs).wait(kSecond).callback(1, kUs);
  trace.events[2].clock = tracer::ClockFault::jumped;
  const auto runs = series_runs(statistics_of(trace), callbacks, trace.t);
  ASSERT_EQ(runs.size(), 2U) << "no line leads across what is not known";
}

TEST(GraphSeries, ALoneBucketHasALineOfItsOwn) {
  Trace trace;
  trace.t = kStart + kSecond / 10;
  trace.wait(20 * kSecond).callback(1, kUs, kStart).wait(20 * kSecond);
  const auto lag = [](const Statistics::Bucket& b) {
    return b.lag.count() == 0 ? -1.0 : static_cast<double>(b.lag_max_ns);
  };
  const auto runs = series_runs(statistics_of(trace), lag, trace.t);
  ASSERT_EQ(runs.size(), 1U);
  ASSERT_EQ(runs[0].size(), 2U) << "one point alone is no line: the worst sample would not be drawn";
  EXPECT_NEAR((runs[0][0].age - runs[0][1].age) * static_cast<double>(kGraphNs), Statistics::kBucketNs, 1000);
  EXPECT_GT(runs[0][1].value, 20e9);
  EXPECT_EQ(runs[0][0].value, runs[0][1].value);
}

TEST(GraphSeries, EndsWhateverTimeItIs) {
  Trace trace;
  trace.t = tracer::kLatestNs;
  trace.callback(1, 0);
  const auto statistics = statistics_of(trace);
  for (const std::int64_t now : {INT64_MIN, std::int64_t{0}, 3 * kSecond, tracer::kLatestNs, INT64_MAX})
    EXPECT_LE(series_runs(statistics, callbacks, now).size(), 1U);
}

TEST(GraphSeries, RoundsTheAxisUp) {
  EXPECT_EQ(round_up(0), 1);
  EXPECT_EQ(round_up(1.2), 1.5);
  EXPECT_EQ(round_up(430), 500);
  EXPECT_EQ(round_up(9'000), 10'000);
}

}  // namespace
}  // namespace loopscope::gui

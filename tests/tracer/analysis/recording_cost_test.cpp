#include "tracer/analysis/recording_cost.h"

#include <gtest/gtest.h>

#include "tests/tracer/analysis/events.h"
#include "tracer/analysis/recorded_series.h"

namespace loopscope::testing {
namespace {

using tracer::Recorded;
using tracer::RecordedCounts;
using tracer::RecordedSeries;
using tracer::recording_cost;
using tracer::RecordingCosts;

/// Each kind has a price of its own, so that no two can be mistaken for each other.
RecordingCosts prices() {
  RecordingCosts costs;
  double price = 1;
  for (double& ns : costs.ns) price *= 3, ns = price;
  return costs;
}
double price(Recorded what) {
  return prices().of(what);
}

RecordedCounts counts_of(const Trace& trace) {
  RecordedCounts counts;
  for (const TraceEvent& event : trace.events) counts.add(event);
  return counts;
}
double cost_of(const Trace& trace) {
  return recording_cost(counts_of(trace), prices()).ns;
}
Trace one(EventType type, CallbackKind kind = CallbackKind::unknown) {
  Trace trace;
  trace.put(type);
  trace.events.back().kind = static_cast<std::uint8_t>(kind);
  return trace;
}

TEST(RecordingCost, IsNothingWhereNothingWasRecorded) {
  const auto cost = recording_cost({}, prices());
  EXPECT_EQ(cost.ns, 0);
  EXPECT_EQ(cost.events, 0);
  EXPECT_EQ(cost.ns_an_event(), 0);
  EXPECT_TRUE(cost.known);
}

TEST(RecordingCost, OfAnIterationIsPaidOnceForItsThreeEvents) {
  Trace trace;
  trace.poll_begin(0, PollReason::ready_callbacks).poll_wake().put(EventType::poll_end);
  EXPECT_EQ(cost_of(trace), price(Recorded::iteration));
  EXPECT_EQ(recording_cost(counts_of(trace), prices()).events, 3);
}

TEST(RecordingCost, OfAPairIsPaidWhereItBegins) {
  Trace phase;
  phase.phase(Phase::idle, kUs);
  EXPECT_EQ(cost_of(phase), price(Recorded::phase));
  EXPECT_EQ(cost_of(one(EventType::callback_end)), 0);
}

TEST(RecordingCost, OfACallbackDependsOnHowItCameToRun) {
  const auto callback = [](CallbackKind kind) { return cost_of(one(EventType::callback_begin, kind)); };
  EXPECT_EQ(callback(CallbackKind::soon), price(Recorded::queued_callback));
  EXPECT_EQ(callback(CallbackKind::task_step), price(Recorded::task_step));
  EXPECT_EQ(callback(CallbackKind::timer), price(Recorded::timer_callback));
  EXPECT_EQ(callback(CallbackKind::data_received), price(Recorded::io_callback));
  EXPECT_EQ(callback(CallbackKind::reader), price(Recorded::io_callback));
}

TEST(RecordingCost, OfEveryOtherKindOfEventHasAPrice) {
  for (const auto type : {EventType::timer_set, EventType::timer_fired, EventType::timer_cancelled})
    EXPECT_EQ(cost_of(one(type)), price(Recorded::timer));
  for (const auto type : {EventType::bytes_read, EventType::bytes_written})
    EXPECT_EQ(cost_of(one(type)), price(Recorded::transfer));
  for (const auto type :
       {EventType::handle_opened, EventType::handle_closed, EventType::task_created, EventType::task_done})
    EXPECT_EQ(cost_of(one(type)), price(Recorded::object));
  for (const auto type : {EventType::wakeup, EventType::level_changed, EventType::loop_start})
    EXPECT_EQ(cost_of(one(type)), price(Recorded::other));
}

TEST(RecordingCost, TakesLostEventsForTheKindsOfThoseThatWereRead) {
  Trace trace;
  trace.put(EventType::bytes_read).put(EventType::bytes_written);
  auto counts = counts_of(trace);
  counts.lost = 6;
  const auto cost = recording_cost(counts, prices());
  EXPECT_EQ(cost.events, 8);
  EXPECT_EQ(cost.ns, 8 * price(Recorded::transfer));
}

TEST(RecordingCost, IsNotKnownIfAllEventsWereLost) {
  RecordedCounts counts;
  counts.lost = 5;
  EXPECT_FALSE(recording_cost(counts, prices()).known);
}

TEST(RecordingCost, OfCallbacksThatWereOnlyCountedIsTheCountersOwn) {
  RecordedCounts counts;
  counts.add_counted(10, 4);
  EXPECT_EQ(recording_cost(counts, prices()).ns, 4 * price(Recorded::counted_io) + 6 * price(Recorded::counted));
}

TEST(RecordingCost, DoesNotCountACallbackTwice) {
  auto counts = counts_of(one(EventType::callback_begin, CallbackKind::soon));
  counts.add_counted(10, 4);
  EXPECT_EQ(recording_cost(counts, prices()).ns, price(Recorded::queued_callback));
}

TEST(RecordedSeries, SumsTheBucketsThatBeginInAStretchOfTime) {
  Trace trace;
  for (int i = 0; i < 8; ++i) trace.put(EventType::wakeup).wait(RecordedSeries::kBucketNs);
  RecordedSeries series;
  for (const TraceEvent& event : trace.events) series.add(event);
  EXPECT_EQ(series.sum(kStart, kStart + kSecond).events, 4U);
  EXPECT_EQ(series.sum(kStart, trace.t).events, 8U);
  EXPECT_EQ(series.sum(kStart + 1, kStart + RecordedSeries::kBucketNs).events, 0U);
  EXPECT_EQ(series.sum(trace.t, trace.t + kSecond).events, 0U);
}

TEST(RecordedSeries, SharesLostEventsOutOverTheTimeTheyWereLostIn) {
  Trace trace;
  trace.put(EventType::wakeup).wait(3 * RecordedSeries::kBucketNs).put(EventType::wakeup);
  RecordedSeries series;
  series.add(trace.events[0]);
  series.lose(11);
  series.add(trace.events[1]);
  EXPECT_EQ(series.sum(kStart, kStart + kSecond).lost, 11U) << "not one is forgotten";
  EXPECT_EQ(series.sum(kStart, kStart + RecordedSeries::kBucketNs).lost, 2U);
}

TEST(RecordedSeries, ForgetsWhatIsOlderThanItsBuckets) {
  Trace trace;
  trace.put(EventType::wakeup)
      .wait(RecordedSeries::kBucketCount * RecordedSeries::kBucketNs)
      .put(EventType::wakeup);
  RecordedSeries series;
  for (const TraceEvent& event : trace.events) series.add(event);
  EXPECT_EQ(series.sum(kStart, trace.t + 1).events, 1U);
}

TEST(RecordedSeries, EndsAtAnyTime) {
  RecordedSeries series;
  Trace trace;
  trace.t = tracer::kLatestNs;
  trace.put(EventType::wakeup);
  series.add(trace.events[0]);
  EXPECT_EQ(series.sum(0, INT64_MAX).events, 1U);
  EXPECT_EQ(series.sum(INT64_MIN, INT64_MIN).events, 0U);
}

}  // namespace
}  // namespace loopscope::testing

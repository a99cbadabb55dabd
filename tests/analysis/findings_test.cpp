#include "tracer/analysis/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/analysis/events.h"

namespace loopscope::testing {
namespace {

using tracer::find_trouble;
using tracer::Finding;
using tracer::FindingRule;
using tracer::Name;

Name name_of(NameId id) {
  if (id == 1)
    return {"render_report", "/srv/report.py", 88};
  if (id == 2)
    return {"heartbeat", "/srv/chat.py", 41};
  return {"data_received", "/srv/chat.py", 112};
}

/// A second and more of a server that does well.
Trace healthy() {
  Trace trace;
  for (int i = 0; i < 500; ++i) {
    trace.put(EventType::phase_begin, Phase::idle, 3);
    for (int c = 0; c < 3; ++c) trace.callback(3, 40 * kUs, trace.t - 20 * kUs);
    trace.put(EventType::phase_end, Phase::idle, 3);
    trace.poll_begin(10, PollReason::until_timer, kUs, 2).wait(3 * kMs).poll_wake(5 * kUs).poll_end(1);
    trace.callback(2, 10 * kUs, trace.t - 300 * kUs, CallbackKind::timer, 9);
  }
  return trace;
}

std::vector<Finding> trouble_in(const Trace& trace) {
  return find_trouble(trace.model(), name_of, trace.t);
}

TEST(Findings, OfAHealthyTraceThereAreNone) {
  EXPECT_THAT(trouble_in(healthy()), ::testing::IsEmpty());
}

TEST(Findings, OfAnEmptyTraceThereAreNone) {
  EXPECT_THAT(trouble_in(Trace()), ::testing::IsEmpty());
}

TEST(Findings, NameTheCallbackThatHeldTheLoopAndWhoWaited) {
  Trace trace = healthy();
  const std::int64_t begin = trace.t;
  trace.callback(1, 29'600 * kUs);
  for (int i = 0; i < 34; ++i) trace.callback(3, 10 * kUs, begin + (1500 + 100 * i) * kUs);
  const auto found = trouble_in(trace);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, FindingRule::callback_held_loop);
  EXPECT_EQ(found[0].severity, tracer::Severity::alarm);
  EXPECT_EQ(found[0].title, "render_report() held the loop for 29.6 ms");
  EXPECT_EQ(found[0].detail, "34 callbacks waited behind it; longest 28.1 ms.");
  EXPECT_EQ(found[0].place, "report.py:88");
  EXPECT_EQ(found[0].begin_ns, begin);
}

TEST(Findings, SaySoWhenATimerIsLateAndBehindWhom) {
  Trace trace = healthy();
  const std::int64_t due = trace.t + kMs;
  trace.callback(1, 30'200 * kUs).callback(2, 10 * kUs, due, CallbackKind::timer, 9);
  const auto found = trouble_in(trace);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].rule, FindingRule::timer_late);
  EXPECT_EQ(found[1].title, "heartbeat() fired 29.2 ms late");
  EXPECT_EQ(found[1].detail, "It was due while render_report() ran.");
}

TEST(Findings, CountHowOftenItHappened) {
  Trace trace = healthy();
  for (int i = 0; i < 3; ++i) trace.callback(1, (12 + i) * kMs).sleep(20 * kMs);
  const auto found = trouble_in(trace);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].title, "render_report() held the loop for 14.0 ms");
  EXPECT_EQ(found[0].place, "report.py:88 · 3 times in 30 s");
}

TEST(Findings, SaySoWhenMuchTimeGoesToTheGil) {
  Trace trace;
  for (int i = 0; i < 500; ++i)
    trace.poll_begin(10, PollReason::until_timer).wait(3 * kMs).poll_wake(100 * kUs).poll_end(1);
  const auto found = trouble_in(trace);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, FindingRule::waiting_for_gil);
  EXPECT_EQ(found[0].title, "3.2 % of the last second went to waiting for the GIL");
}

TEST(Findings, SaySoWhenEventsWereLost) {
  const Trace trace = healthy();
  auto model = trace.model();
  model.lose(1234);
  Trace after;
  after.t = trace.t + kMs;
  after.iteration = trace.iteration;
  after.sleep(10 * kMs);
  for (const TraceEvent& event : after.events) model.add(event);
  const auto found = find_trouble(model, name_of, after.t);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, FindingRule::events_lost);
  EXPECT_EQ(found[0].title, "1 234 events were lost");
}

TEST(Findings, GoAwayWhenTheyAreOld) {
  Trace trace;
  trace.callback(1, 50 * kMs);
  trace.sleep(31 * kSecond);
  EXPECT_THAT(trouble_in(trace), ::testing::IsEmpty());
}

TEST(Findings, SaySoWhenTheMachineStoodStill) {
  Trace trace = healthy();
  trace.sleep(10 * kMs);
  trace.events.back().clock = tracer::ClockFault::jumped;
  trace.events.back().clock_ns = 10 * kSecond;
  const auto found = trouble_in(trace);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, FindingRule::clock_jumped);
  EXPECT_EQ(found[0].title, "The machine stood still for 10.0 s");
}

TEST(Findings, SaySoWhenTimesGoBack) {
  Trace trace = healthy();
  for (int i = 0; i < 2; ++i) {
    trace.put(EventType::wakeup);
    trace.events.back().clock = tracer::ClockFault::went_back;
    trace.events.back().clock_ns = 3 * kMs;
  }
  const auto found = trouble_in(trace);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, FindingRule::wrong_times);
  EXPECT_EQ(found[0].title, "2 events have an impossible time");
  EXPECT_THAT(found[0].detail, ::testing::HasSubstr("3.0 ms"));
}

}  // namespace
}  // namespace loopscope::testing

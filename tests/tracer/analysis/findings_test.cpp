#include "tracer/analysis/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/tracer/analysis/events.h"
#include "tracer/analysis/hang.h"
#include "tracer/analysis/time_budget.h"

namespace loopscope::testing {
namespace {

using tracer::find_trouble;
using tracer::Finding;
using tracer::FindingRule;
using tracer::Hang;
using tracer::Name;
using tracer::ThreadState;

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

/// The same, and render_report() has begun and not ended.
Trace hanging() {
  Trace trace = healthy();
  trace.put(EventType::phase_begin, Phase::idle, 1).callback_begin(1);
  return trace;
}

/// Between the two traces `lost` events were lost.
tracer::TraceModel model_of(const Trace& before, std::uint64_t lost, const Trace& after) {
  auto model = before.model();
  model.lose(lost);
  for (const TraceEvent& event : after.events) model.add(event);
  return model;
}

std::vector<Finding> trouble_in(const Trace& trace) {
  return find_trouble(trace.model(), name_of, trace.t);
}

/// A thread that is looked at every 20 ms from `begin_ns` to `end_ns`. It had waited for a CPU for `before_ns` when that began, and
/// waits once more, for `waits_ns` until `to_ns` (0: never).
tracer::CpuWaits sampled(std::int64_t begin_ns, std::int64_t end_ns, std::int64_t waits_ns, std::int64_t to_ns,
                         std::int64_t before_ns = 0) {
  tracer::CpuWaits waits;
  for (std::int64_t t = begin_ns; t <= end_ns; t += 20 * kMs)
    waits.add(
        {t, t + kUs, t - begin_ns, before_ns + (to_ns != 0 && t >= to_ns ? waits_ns : 0), ThreadState::asleep});
  return waits;
}

/// A thread that is looked at every 20 ms until `until_ns`. It sleeps until `begin_ns`, then runs, and is stopped from `from_ns` to
/// `to_ns`.
tracer::CpuWaits stopped(std::int64_t begin_ns, std::int64_t from_ns, std::int64_t to_ns, std::int64_t until_ns) {
  tracer::CpuWaits waits;
  std::int64_t ran = 0;
  for (std::int64_t t = begin_ns - 200 * kMs; t <= until_ns; t += 20 * kMs) {
    const bool stops = t >= from_ns && t <= to_ns;
    const bool runs = t > begin_ns && !stops;
    ran += runs ? 20 * kMs : 0;
    waits.add({t, t + kUs, ran, 0,
               stops  ? ThreadState::stopped
               : runs ? ThreadState::runnable
                      : ThreadState::asleep});
  }
  return waits;
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

TEST(Findings, SayWhatTheKernelAndTheTimersHeldBack) {
  Trace trace = healthy();
  const std::int64_t due = trace.t + kMs;
  trace.callback(1, 204 * kMs).poll_begin(0, PollReason::ready_callbacks).wait(5 * kUs).poll_end(10);
  for (int i = 0; i < 10; ++i) trace.callback(2, 10 * kUs, due, CallbackKind::timer, 9);
  EXPECT_EQ(trouble_in(trace)[0].detail, "10 descriptors were ready and 10 timers were overdue when it ended.");
}

TEST(Findings, DoNotSayThatADescriptorWasReadyIfTheKernelWasAskedLater) {
  Trace trace = healthy();
  trace.callback(1, 30 * kMs).callback(3, 8 * kMs).poll_begin(0, PollReason::ready_callbacks).poll_end(2);
  EXPECT_EQ(trouble_in(trace)[0].detail, "The next poll, 8.0 ms after it, brought 2 I/O events.");
  Trace asleep = healthy();
  asleep.callback(1, 30 * kMs).poll_begin(100, PollReason::until_timer).wait(9 * kMs).poll_wake().poll_end(1);
  EXPECT_EQ(trouble_in(asleep)[0].detail, "The next poll, 9.0 ms after it, brought 1 I/O event.");
}

TEST(Findings, SayThatNothingElseWasReadyOnlyIfTheKernelWasAsked) {
  Trace trace = healthy();
  trace.callback(1, 30 * kMs);
  EXPECT_EQ(trouble_in(trace)[0].detail,
            "It is not known that anything waited for it, but nothing else could have run.");
  trace.poll_begin(0, PollReason::ready_callbacks).poll_end(0);
  EXPECT_EQ(trouble_in(trace)[0].detail, "Nothing else was ready when it ended, but nothing else could have run.");
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
  EXPECT_EQ(found[0].rule, FindingRule::callback_held_loop) << "the cause stands above what it caused";
}

TEST(Findings, TheCauseStandsAboveAllTheTimersItMadeLate) {
  Trace trace = healthy();
  const std::int64_t due = trace.t;
  for (int i = 0; i < 6; ++i) trace.callback(1, 26 * kMs);
  trace.callback(2, 10 * kUs, due, CallbackKind::timer, 9);
  const auto found = trouble_in(trace);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].rule, FindingRule::callback_held_loop);
  EXPECT_EQ(found[1].detail, "6 other callbacks ran first, for 156 ms; longest render_report() with 26.0 ms.");
}

TEST(Findings, SayThatTheKernelWokeTheLoopLate) {
  Trace trace = healthy();
  const std::int64_t due = trace.t + 10 * kMs;
  trace.poll_begin(10, PollReason::until_timer).wait(30 * kMs).poll_wake(50 * kUs).poll_end();
  trace.phase(Phase::timers, 0).callback(2, 10 * kUs, due, CallbackKind::timer, 9);
  const auto found = trouble_in(trace);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, FindingRule::woken_late);
  EXPECT_EQ(found[0].title, "The kernel woke the loop 20.1 ms late");
  EXPECT_EQ(found[0].detail,
            "It was asleep in poll when heartbeat() came due. No callback is blamed for this time.");
  EXPECT_EQ(found[0].severity, tracer::Severity::note);
}

TEST(Findings, SayOnceForAllTimersThatTheKernelWokeTheLoopLate) {
  Trace trace = healthy();
  const std::int64_t due = trace.t + 10 * kMs;
  trace.poll_begin(10, PollReason::until_timer).wait(30 * kMs).poll_wake(50 * kUs).poll_end();
  trace.phase(Phase::timers, 0);
  trace.callback(2, 10 * kUs, due, CallbackKind::timer, 9)
      .callback(3, 10 * kUs, due - kMs, CallbackKind::timer, 10);
  const auto found = trouble_in(trace);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].title, "The kernel woke the loop 21.1 ms late") << "the latest of them";
}

TEST(Findings, SayThatTheLoopWaitedForTheGil) {
  Trace trace = healthy();
  const std::int64_t due = trace.t + 10 * kMs;
  trace.poll_begin(10, PollReason::until_timer).wait(10 * kMs).poll_wake(20 * kMs).poll_end();
  trace.callback(2, 10 * kUs, due, CallbackKind::timer, 9);
  const auto found = trouble_in(trace);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].rule, FindingRule::timer_late);
  EXPECT_EQ(found[0].detail, "The loop was awake and waited 20.0 ms for the GIL.");
}

TEST(Findings, NameTwoCausesThatShareTheTime) {
  Trace trace = healthy();
  const std::int64_t due = trace.t + 10 * kMs;
  trace.poll_begin(10, PollReason::until_timer).wait(30 * kMs).poll_wake().poll_end();
  trace.callback(1, 9 * kMs).callback(2, 10 * kUs, due, CallbackKind::timer, 9);
  const auto found = trouble_in(trace);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(
      found[0].detail,
      "The loop was asleep in poll, and the kernel woke it 20.0 ms late. It was due while render_report() ran.");
}

TEST(Findings, GiveATimerNoCauseWithoutEvidence) {
  const Trace trace = healthy();
  Trace after;
  after.t = trace.t + 40 * kMs;
  after.callback(2, 10 * kUs, trace.t + 10 * kMs, CallbackKind::timer, 9);
  const auto model = model_of(trace, 500, after);
  const auto found = find_trouble(model, name_of, after.t);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].title, "heartbeat() fired 30.0 ms late");
  EXPECT_EQ(found[0].detail, "The cause is not known.");
}

TEST(Findings, WhatHoldsTheLoopNowIsTheFirstAndGrows) {
  Trace trace = healthy();
  trace.callback(3, 900 * kMs).put(EventType::phase_begin, Phase::idle, 1).callback_begin(1);
  const auto model = trace.model();
  for (const std::int64_t seconds : {5, 50}) {
    const auto found = find_trouble(model, name_of, trace.t + seconds * kSecond);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0].rule, FindingRule::loop_hangs);
    EXPECT_EQ(found[0].severity, tracer::Severity::alarm);
    EXPECT_EQ(found[0].title, "render_report() has held the loop for " + std::to_string(seconds) + ".0 s");
    EXPECT_EQ(found[0].place, "report.py:88");
    EXPECT_EQ(found[0].begin_ns, trace.t);
  }
}

TEST(Findings, AndTheHeaderGiveAHangOneLength) {
  Hang hang;
  hang.lasts.whole_ns = 119 * kMs;
  EXPECT_EQ(hang.held_text(), "119 ms");
  hang.lasts.cpu_wait_ns = 108 * kMs;
  EXPECT_EQ(hang.held_text(), "≥ 11.0 ms");
}

TEST(Findings, WhatHasJustBegunHoldsNothing) {
  const Trace trace = hanging();
  EXPECT_THAT(find_trouble(trace.model(), name_of, trace.t + 5 * kMs), ::testing::IsEmpty());
}

TEST(Findings, AtLevelPhasesAPhaseHangs) {
  Trace trace;
  trace.phase(Phase::timers, kMs).put(EventType::phase_begin, Phase::idle, 1);
  const auto found = find_trouble(trace.model(), name_of, trace.t + 3 * kSecond);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].title, "The loop has been in idle · ready queue for 3.0 s");
}

TEST(Findings, ALoopThatSleepsOrDoesNotRunHangsNot) {
  Trace asleep = healthy();
  asleep.poll_begin(-1, PollReason::forever);
  EXPECT_THAT(find_trouble(asleep.model(), name_of, asleep.t + 60 * kSecond), ::testing::IsEmpty());
  Trace stopped = healthy();
  stopped.put(EventType::loop_stop);
  EXPECT_THAT(find_trouble(stopped.model(), name_of, stopped.t + 60 * kSecond), ::testing::IsEmpty());
}

TEST(Findings, InAProgramThatEndedNothingHangsAnyMore) {
  Trace trace = healthy();
  trace.put(EventType::phase_begin, Phase::idle, 1).callback_begin(1).wait(50 * kMs);
  trace.put(EventType::bytes_written);
  EXPECT_THAT(find_trouble(trace.model(), name_of, trace.t, {}, tracer::Program::ended), ::testing::IsEmpty());
}

TEST(Findings, AHangLongerThanTheWindowIsFoundWhenItHasEnded) {
  Trace trace = healthy();
  trace.callback(1, 45 * kSecond).sleep(kSecond);
  const auto found = trouble_in(trace);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, FindingRule::callback_held_loop);
  EXPECT_EQ(found[0].title, "render_report() held the loop for 45.0 s");
}

TEST(Findings, BlameNoCallbackForAWaitForACpu) {
  Trace trace = healthy();
  trace.callback(1, 38'700 * kUs);
  const auto waits = sampled(kStart, trace.t + 20 * kMs, 37 * kMs, trace.t - kMs);
  EXPECT_THAT(find_trouble(trace.model(), name_of, trace.t + 20 * kMs, waits), ::testing::IsEmpty());
}

TEST(Findings, BlameNoTimerThatWasLateBecauseOfAWaitForACpu) {
  Trace trace = healthy();
  const std::int64_t due = trace.t + 10 * kMs;
  trace.poll_begin(10, PollReason::until_timer).wait(30 * kMs).poll_wake().poll_end();
  trace.callback(2, 10 * kUs, due, CallbackKind::timer, 9);
  const auto waits = sampled(kStart, trace.t + 20 * kMs, 19 * kMs, trace.t - kMs);
  EXPECT_THAT(find_trouble(trace.model(), name_of, trace.t + 20 * kMs, waits), ::testing::IsEmpty());
}

TEST(Findings, TakeOffWhatMayHaveBeenAWaitForACpuAndSaySo) {
  Trace trace = healthy();
  trace.callback(1, 60 * kMs);
  const auto waits = sampled(kStart, trace.t + 20 * kMs, 20 * kMs, trace.t - kMs);
  const auto found = find_trouble(trace.model(), name_of, trace.t + 20 * kMs, waits);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].title, "render_report() held the loop for at least 40.0 ms");
  EXPECT_THAT(found[0].detail,
              ::testing::HasSubstr("For up to 20.0 ms of the 60.0 ms the thread waited for a CPU"));
}

TEST(Findings, SayTheLengthOfAHoldOnce) {
  const tracer::Judged judged{30 * kMs, 12 * kMs, false, true, {0, 4 * kMs}, {}};
  EXPECT_EQ(tracer::cpu_text(judged),
            " For up to 12.0 ms of the 30.0 ms the thread waited for a CPU, and it was on one for at most 4.0 ms "
            "(sampled).");
}

TEST(Findings, SaySoWhenTheProgramIsStoppedAndBlameNoCallback) {
  const Trace trace = hanging();
  const auto waits = stopped(trace.t, trace.t + 5 * kMs, trace.t + 4 * kSecond, trace.t + 4 * kSecond);
  const auto found = find_trouble(trace.model(), name_of, trace.t + 4 * kSecond, waits);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, FindingRule::program_stopped);
  EXPECT_EQ(found[0].title, "The program is stopped");
  EXPECT_THAT(found[0].detail, ::testing::HasSubstr("A signal or a debugger stopped it at least 4.0 s ago."));
}

TEST(Findings, TakeTheTimeOffInWhichTheProgramWasStopped) {
  Trace trace = healthy();
  const std::int64_t begin = trace.t;
  trace.callback(1, kSecond).wait(40 * kMs);
  const auto waits = stopped(begin, begin + 100 * kMs, begin + 900 * kMs, trace.t);
  const auto found = find_trouble(trace.model(), name_of, trace.t, waits);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].title, "render_report() held the loop for at least 160 ms");
  EXPECT_EQ(found[1].title, "The program was stopped for at least 800 ms of the last 30 s");
  EXPECT_THAT(found[0].detail,
              ::testing::HasSubstr("For at least 800 ms it was stopped, by a signal or a debugger."));
}

TEST(Findings, ADebuggerThatLooksForAMomentIsNone) {
  const Trace trace = healthy();
  const auto waits = stopped(trace.t - 500 * kMs, trace.t - 60 * kMs, trace.t, trace.t);
  EXPECT_THAT(find_trouble(trace.model(), name_of, trace.t, waits), ::testing::IsEmpty());
}

TEST(Findings, SaySoWhenTheLoopShouldHaveLeftItsPoll) {
  Trace trace = healthy();
  trace.poll_begin(300, PollReason::until_timer);
  const auto model = trace.model();
  EXPECT_THAT(find_trouble(model, name_of, trace.t + 350 * kMs), ::testing::IsEmpty());
  const auto found = find_trouble(model, name_of, trace.t + 7'100 * kMs);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, FindingRule::loop_hangs);
  EXPECT_EQ(found[0].title, "The loop should have left its poll 6.8 s ago");
  EXPECT_THAT(found[0].detail,
              ::testing::HasSubstr("The poll may last 300 ms. Why it lasts longer is not known."));
}

TEST(Findings, DoNotExpectAThreadWithoutACpuToLeaveItsPoll) {
  Trace trace = healthy();
  trace.poll_begin(300, PollReason::until_timer);
  const std::int64_t due = trace.t + 300 * kMs;
  tracer::CpuWaits waits;
  for (std::int64_t t = kStart; t <= due + kSecond; t += 20 * kMs)
    waits.add({t, t + kUs, 5 * kMs, 0, t > due ? ThreadState::runnable : ThreadState::asleep});
  const auto found = find_trouble(trace.model(), name_of, due + kSecond, waits);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, FindingRule::waiting_for_cpu);
}

TEST(Findings, ACallbackThatWaitsForACpuNowDoesNotHang) {
  const Trace trace = hanging();
  tracer::CpuWaits waits;
  for (int i = 0; i <= 10; ++i) {
    const std::int64_t t = trace.t + i * 20 * kMs;
    waits.add({t, t + kUs, 5 * kMs, 0, ThreadState::runnable});
  }
  EXPECT_THAT(find_trouble(trace.model(), name_of, trace.t + 200 * kMs, waits), ::testing::IsEmpty());
}

TEST(Findings, DoubtWhatWasBeforeAnybodyLookedAtTheThread) {
  Trace trace = healthy();
  trace.callback(1, 40 * kMs);
  const std::int64_t begin = trace.t + kMs;
  const auto busy = sampled(begin, begin + 40 * kMs, 0, 0, 10 * kSecond);
  const auto found = find_trouble(trace.model(), name_of, begin + 40 * kMs, busy);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].severity, tracer::Severity::note);
  EXPECT_EQ(found[0].title, "render_report() held the loop for 40.0 ms");
  EXPECT_THAT(found[0].detail, ::testing::HasSubstr("It is not known whether the thread had a CPU"));
  const auto quiet = sampled(begin, begin + 40 * kMs, 0, 0, 2 * kMs);
  EXPECT_EQ(find_trouble(trace.model(), name_of, begin + 40 * kMs, quiet)[0].title,
            "render_report() held the loop for at least 38.0 ms");
}

TEST(Findings, WhatIsInDoubtStandsBelowWhatIsKnown) {
  Trace trace = healthy();
  const std::int64_t begin = trace.t;
  trace.callback(1, 900 * kMs);
  for (int i = 0; i < 5; ++i) trace.callback(3, 10 * kUs, begin + kMs);
  tracer::CpuWaits waits;
  for (int i = 0; i <= 60; ++i) {
    const std::int64_t t = trace.t + i * 20 * kMs;
    waits.add({t, t + kUs, i * 5 * kMs, 10 * kSecond + i * 2 * kMs, ThreadState::asleep});
  }
  const auto found = find_trouble(trace.model(), name_of, trace.t + 1'200 * kMs, waits);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].rule, FindingRule::waiting_for_cpu);
  EXPECT_EQ(found[1].title, "render_report() held the loop for 900 ms");
}

TEST(Findings, SaySoWhenTheThreadWaitsForACpu) {
  const Trace trace = healthy();
  tracer::CpuWaits waits;
  for (int i = 0; i <= 60; ++i) {
    const std::int64_t t = trace.t - (60 - i) * 20 * kMs;
    waits.add({t, t + kUs, i * 5 * kMs, i * 6 * kMs, ThreadState::asleep});
  }
  const auto found = find_trouble(trace.model(), name_of, trace.t, waits);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, FindingRule::waiting_for_cpu);
  EXPECT_EQ(found[0].severity, tracer::Severity::note);
  EXPECT_EQ(found[0].title, "The loop's thread waited for a CPU for 30 % of the last second");
  EXPECT_THAT(found[0].detail, ::testing::HasSubstr("It was ready to run and had no CPU (sampled)."))
      << "a CPU limit keeps it waiting as other threads do: no cause is named";
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
  EXPECT_EQ(found[0].title, "After its polls the loop waited 32.3 ms of the last second for the GIL");
}

TEST(Findings, TheGilFindingHasTheNumberOfTheBudget) {
  Trace trace;
  for (int i = 0; i < 5; ++i)
    trace.poll_begin(10, PollReason::until_timer).wait(100 * kMs).poll_wake(100 * kMs).poll_end(1);
  const auto waits = sampled(kStart, trace.t, 0, 0);
  tracer::CpuWaits some = sampled(kStart, trace.t, 10 * kMs, kStart + 160 * kMs);
  const auto found = find_trouble(trace.model(), name_of, trace.t, some);
  ASSERT_EQ(found[0].rule, FindingRule::waiting_for_gil);
  const auto budget = tracer::time_budget(trace.model(), trace.t - kSecond, trace.t);
  EXPECT_THAT(found[0].title,
              ::testing::HasSubstr(tracer::duration_text(budget.times[tracer::Activity::gil_wait])));
  EXPECT_THAT(found[0].detail, ::testing::HasSubstr("Up to 10.0 ms of it was a wait for a CPU (sampled)."));
  EXPECT_EQ(find_trouble(trace.model(), name_of, trace.t, waits)[0].title, found[0].title);
}

/// A second of a loop that looks for I/O between the callbacks and never waits for it.
Trace sleepless() {
  Trace trace;
  for (int i = 0; i < 1'100; ++i) {
    trace.put(EventType::phase_begin, Phase::idle, 2);
    trace.callback(1, 600 * kUs, trace.t).callback(2, 100 * kUs, trace.t).wait(200 * kUs);
    trace.put(EventType::phase_end, Phase::idle, 2);
    trace.poll_begin(0, PollReason::ready_callbacks).wait(100 * kUs).poll_end(0);
  }
  return trace;
}

TEST(Findings, SaySoWhenTheLoopNeverSleepsAndWhatItRuns) {
  const auto found = trouble_in(sleepless());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, FindingRule::never_sleeps);
  EXPECT_EQ(found[0].severity, tracer::Severity::note) << "a loop may be busy with its work";
  EXPECT_EQ(found[0].title, "The loop never slept in the last second");
  EXPECT_EQ(found[0].detail,
            "Something was ready at each of its 1 000 polls. In the last 1.0 s ran render_report() 1 000 times "
            "for 60 % of the "
            "time, heartbeat() 1 000 times for 10 % of the time.");
  EXPECT_EQ(found[0].place, "report.py:88");
}

TEST(Findings, ALoopThatSleptOnceIsNotSleepless) {
  Trace trace = sleepless();
  trace.sleep(kMs);
  EXPECT_THAT(trouble_in(trace), ::testing::IsEmpty());
}

TEST(Findings, AskTheCountersWhetherALoopSleptIfPartOfTheSecondIsNotKnown) {
  const Trace trace = sleepless();
  Trace after;
  after.t = trace.t + kMs;
  after.phase(Phase::idle, kMs).poll_begin(0, PollReason::ready_callbacks).poll_end(0);
  const auto model = model_of(trace, 10, after);
  for (const Finding& finding : find_trouble(model, name_of, after.t))
    EXPECT_NE(finding.rule, FindingRule::never_sleeps);
  const auto counted = find_trouble(model, name_of, after.t, {}, tracer::Program::lives, kStart);
  ASSERT_EQ(counted.size(), 2U);
  EXPECT_EQ(counted[0].rule, FindingRule::events_lost);
  EXPECT_EQ(counted[1].title, "The loop never slept in the last second") << "the counters lose nothing";
  EXPECT_THAT(counted[1].detail, ::testing::HasSubstr("render_report() at least "));
  for (const Finding& finding :
       find_trouble(model, name_of, after.t, {}, tracer::Program::lives, after.t - 500 * kMs))
    EXPECT_NE(finding.rule, FindingRule::never_sleeps) << "a poll slept half a second ago";
}

TEST(Findings, SayHowMuchOfAHoldTheThreadWasOnACpu) {
  Trace trace = healthy();
  const std::int64_t begin = trace.t;
  trace.callback(1, 100 * kMs).wait(30 * kMs);
  tracer::CpuWaits blocked;
  tracer::CpuWaits working;
  for (std::int64_t t = begin - 40 * kMs; t <= trace.t; t += 10 * kMs) {
    const std::int64_t within = std::clamp<std::int64_t>(t - begin, 0, 100 * kMs);
    blocked.add({t, t + kUs, within * 15 / 100, 0, ThreadState::asleep});
    working.add({t, t + kUs, within, 0, ThreadState::asleep});
  }
  EXPECT_THAT(find_trouble(trace.model(), name_of, trace.t, blocked)[0].detail,
              ::testing::HasSubstr(
                  "The thread was on a CPU for at most 15.0 ms of the 100 ms (sampled). For at least 76.5 ms it "
                  "slept, or waited for a lock (the GIL is one) or for I/O: which of them is not known."));
  EXPECT_THAT(find_trouble(trace.model(), name_of, trace.t, working)[0].detail,
              ::testing::HasSubstr("The thread was on a CPU for at least 90.0 ms of the 100 ms (sampled)."));
}

TEST(Findings, SayOfACallbackThatStillRunsWhetherItUsesACpu) {
  const Trace trace = hanging();
  tracer::CpuWaits waits;
  for (int i = -1; i <= 100; ++i) {
    const std::int64_t t = trace.t + i * 10 * kMs;
    waits.add({t, t + kUs, kMs, 0, ThreadState::asleep});
  }
  const auto found = find_trouble(trace.model(), name_of, trace.t + kSecond, waits);
  EXPECT_EQ(found[0].rule, FindingRule::loop_hangs);
  EXPECT_THAT(found[0].detail, ::testing::HasSubstr("it slept, or waited for a lock"));
}

TEST(Findings, SaySoWhenEventsWereLost) {
  const Trace trace = healthy();
  Trace after;
  after.t = trace.t + kMs;
  after.iteration = trace.iteration;
  after.sleep(10 * kMs);
  const auto model = model_of(trace, 1234, after);
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

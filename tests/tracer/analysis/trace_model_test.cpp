#include "tracer/analysis/trace_model.h"

#include <gtest/gtest.h>

#include "tests/tracer/analysis/events.h"

namespace loopscope::testing {
namespace {

using tracer::Activity;
using tracer::TraceModel;

TEST(TraceModel, SplitsThePollIntoSleepGilWaitAndIo) {
  Trace trace;
  trace.poll_begin(20, PollReason::until_timer, 3 * kUs)
      .wait(5 * kMs)
      .poll_wake(200 * kUs)
      .wait(1 * kMs)
      .poll_end(2);
  trace.wait(10 * kUs).phase(Phase::idle, 1 * kMs);
  const TraceModel model = trace.model();
  ASSERT_EQ(model.phases().size(), 6U);
  const Activity expected[] = {Activity::prepare, Activity::poll_asleep, Activity::gil_wait,
                               Activity::poll_io, Activity::check,       Activity::idle};
  const std::int64_t lasting[] = {3 * kUs, 5 * kMs, 200 * kUs, 1 * kMs, 10 * kUs, 1 * kMs};
  for (std::uint64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(model.phases()[i].activity, expected[i]) << i;
    EXPECT_EQ(model.phases()[i].end_ns - model.phases()[i].begin_ns, lasting[i]) << i;
  }
  EXPECT_TRUE(model.phases()[4].inferred_end);
  ASSERT_EQ(model.gil_waits().size(), 1U);
}

TEST(TraceModel, CallsAPollThatMayNotSleepByAnotherName) {
  Trace trace;
  trace.poll_begin(0, PollReason::ready_callbacks)
      .wait(2 * kUs)
      .poll_wake()
      .poll_end()
      .wait(kUs)
      .put(EventType::loop_stop);
  const TraceModel model = trace.model();
  EXPECT_EQ(model.phases()[0].activity, Activity::poll_no_sleep);
}

TEST(TraceModel, KeepsTimeoutReasonAndCulpritOfEachPoll) {
  Trace trace;
  trace.poll_begin(12, PollReason::until_timer, 0, 77).wait(kMs).poll_wake().poll_end(3);
  const TraceModel model = trace.model();
  ASSERT_EQ(model.polls().size(), 1U);
  const auto& poll = model.polls()[0];
  EXPECT_EQ(poll.timeout_ms, 12);
  EXPECT_EQ(poll.reason, PollReason::until_timer);
  EXPECT_EQ(poll.culprit, 77U);
  EXPECT_EQ(poll.io_events, 3U);
  EXPECT_EQ(poll.wake_ns - poll.begin_ns, kMs);
}

TEST(TraceModel, PutsNestedCallbacksApart) {
  Trace trace;
  trace.callback_begin(1).wait(10).callback(2, 5).wait(10).callback_end(1);
  const TraceModel model = trace.model();
  ASSERT_EQ(model.callbacks().size(), 1U);
  ASSERT_EQ(model.nested().size(), 1U);
  EXPECT_EQ(model.callbacks()[0].name, 1U);
  EXPECT_EQ(model.nested()[0].depth, 1);
}

TEST(TraceModel, TellsHowLongACallbackWaited) {
  Trace trace;
  trace.callback(1, kMs, trace.t - 7 * kMs);
  const TraceModel model = trace.model();
  EXPECT_EQ(model.callbacks()[0].waited_ns(), 7 * kMs);
}

TEST(TraceModel, GathersStepsByTaskAndByCoroutine) {
  Trace trace;
  for (int i = 0; i < 10; ++i)
    trace.callback(5, kMs, 0, CallbackKind::task_step, i % 2 == 0 ? 100 : 200).wait(kMs);
  const TraceModel model = trace.model();
  ASSERT_EQ(model.tasks().size(), 2U);
  EXPECT_EQ(model.tasks().at(100).steps.size(), 5U);
  EXPECT_EQ(model.coroutines().at(5).steps.size(), 10U);
  EXPECT_EQ(model.coroutines().at(5).run_total_ns, 10 * kMs);
}

TEST(TraceModel, TakesAnIdThatIsUsedAgainForAnotherTask) {
  Trace trace;
  const auto put = [&trace](EventType type, NameId name) {
    trace.put(type);
    trace.events.back().object = 100;
    trace.events.back().name = name;
  };
  put(EventType::task_created, 5);
  trace.callback(5, kMs, 0, CallbackKind::task_step, 100);
  put(EventType::task_done, 5);
  trace.wait(kMs);
  const std::int64_t second = trace.t;
  put(EventType::task_created, 5);
  trace.callback(5, kMs, 0, CallbackKind::task_step, 100);
  const TraceModel model = trace.model();
  EXPECT_EQ(model.tasks().at(100).steps.size(), 1U);
  EXPECT_EQ(model.tasks().at(100).created_ns, second);
  EXPECT_EQ(model.tasks().at(100).done_ns, 0);
}

TEST(TraceModel, DoesNotPretendToKnowWhenATaskBeganThatWasAlreadyAtWork) {
  Trace trace;
  trace.callback(5, kMs, 0, CallbackKind::task_step, 100).put(EventType::task_created);
  trace.events.back().object = 100;
  trace.events.back().name = 5;
  EXPECT_EQ(trace.model().tasks().at(100).created_ns, 0);
}

constexpr std::uint64_t kAddress = 0x7f12'3456'7890;

/// The task of coroutine 5 becomes number `number` at its next step.
void notice(Trace& trace, std::uint64_t number, tracer::TaskStart start = tracer::TaskStart::noticed) {
  trace.put(EventType::task_created, Phase::idle, kAddress);
  trace.events.back().object = number;
  trace.events.back().name = 5;
  trace.events.back().kind = static_cast<std::uint8_t>(start);
}

void change_level(Trace& trace, tracer::Level level) {
  trace.put(EventType::level_changed);
  trace.events.back().kind = static_cast<std::uint8_t>(level);
}

TEST(TraceModel, KnowsATaskAgainWhenTheLevelRisesToTasks) {
  Trace trace;
  trace.callback(5, kMs, 0, CallbackKind::task_step, kAddress);
  change_level(trace, tracer::Level::tasks);
  notice(trace, 1);
  trace.callback(5, kMs, 0, CallbackKind::task_step, 1);
  const TraceModel model = trace.model();
  ASSERT_EQ(model.tasks().size(), 1U);
  EXPECT_EQ(model.tasks().at(1).steps_total, 2U);
  EXPECT_EQ(model.tasks().at(1).object, 1U);
}

TEST(TraceModel, KnowsATaskAgainWhenTheLevelFallsAndRises) {
  Trace trace;
  change_level(trace, tracer::Level::tasks);
  notice(trace, 1, tracer::TaskStart::created);
  trace.callback(5, kMs, 0, CallbackKind::task_step, 1);
  trace.callback_begin(5, 0, CallbackKind::task_step, 1);
  change_level(trace, tracer::Level::callbacks);
  trace.wait(kMs).callback_end(5, CallbackKind::task_step, 1);
  trace.callback(5, kMs, 0, CallbackKind::task_step, kAddress);
  ASSERT_EQ(trace.model().tasks().size(), 1U);
  change_level(trace, tracer::Level::tasks);
  notice(trace, 2);
  const TraceModel model = trace.model();
  ASSERT_EQ(model.tasks().size(), 1U);
  EXPECT_EQ(model.tasks().at(2).steps_total, 3U);
  EXPECT_EQ(model.tasks().at(2).created_ns, kStart) << "it is the task that was created then";
}

TEST(TraceModel, TakesANewTaskAtAnOldAddressForAnotherOne) {
  Trace trace;
  trace.callback(5, kMs, 0, CallbackKind::task_step, kAddress);
  change_level(trace, tracer::Level::tasks);
  notice(trace, 1, tracer::TaskStart::created);
  const TraceModel model = trace.model();
  ASSERT_EQ(model.tasks().size(), 2U);
  EXPECT_EQ(model.tasks().at(1).steps_total, 0U);
  EXPECT_GT(model.tasks().at(kAddress).done_ns, 0);
}

TEST(TraceModel, KeepsATaskThatLivesHoweverLongItIsSilent) {
  Trace trace;
  change_level(trace, tracer::Level::tasks);
  notice(trace, 1, tracer::TaskStart::created);
  trace.callback(5, kMs, 0, CallbackKind::task_step, 1).wait(3'600 * kSecond);
  TraceModel model = trace.model();
  model.forget(trace.t);
  ASSERT_EQ(model.tasks().count(1), 1U);
  EXPECT_TRUE(model.tasks().at(1).followed);
  trace.put(EventType::task_done);
  trace.events.back().object = 1;
  trace.wait(61 * kSecond);
  model.add(trace.events.back());
  model.forget(trace.t);
  EXPECT_EQ(model.tasks().count(1), 0U);
}

TEST(TraceModel, AsksTheProgramWhoLivesAfterALoss) {
  Trace trace;
  change_level(trace, tracer::Level::tasks);
  for (const std::uint64_t number : {1, 2}) {
    notice(trace, number, tracer::TaskStart::created);
    trace.callback(5, kMs, 0, CallbackKind::task_step, number);
  }
  TraceModel model = trace.model();
  model.lose(100);
  EXPECT_FALSE(model.tasks().at(1).followed) << "its end may be among the lost events";
  model.note_live_tasks({{1, 5}, {3, 6}}, trace.t);
  EXPECT_TRUE(model.tasks().at(1).followed);
  EXPECT_EQ(model.tasks().at(2).done_ns, trace.t);
  ASSERT_EQ(model.tasks().count(3), 1U) << "its creation is among the lost events";
  EXPECT_TRUE(model.tasks().at(3).followed);
}

TEST(TraceModel, BoundsItsTasks) {
  Trace trace;
  for (std::uint64_t i = 1; i <= 2000; ++i) trace.callback(5, 10, 0, CallbackKind::task_step, i).wait(10);
  TraceModel::Limits limits;
  limits.task_limit = 100;
  const TraceModel model = trace.model(limits);
  EXPECT_LE(model.tasks().size(), 100U);
  EXPECT_GE(model.tasks().size(), 75U);
  for (std::uint64_t i = 1926; i <= 2000; ++i) EXPECT_TRUE(model.tasks().contains(i));
  EXPECT_FALSE(model.tasks().contains(1));
}

TEST(TraceModel, LetsFinishedTasksMakeRoomBeforeLiveOnes) {
  Trace trace;
  for (std::uint64_t i = 1; i <= 150; ++i) {
    trace.callback(5, 10, 0, CallbackKind::task_step, i).wait(10);
    if (i > 20) {
      trace.put(EventType::task_done);
      trace.events.back().object = i;
    }
  }
  TraceModel::Limits limits;
  limits.task_limit = 100;
  const TraceModel model = trace.model(limits);
  for (std::uint64_t i = 1; i <= 20; ++i) EXPECT_TRUE(model.tasks().contains(i)) << i;
}

TEST(TraceModel, BoundsItsCoroutinesAndForgetsTheSilent) {
  Trace trace;
  for (NameId name = 1; name <= 500; ++name) trace.callback(name, 10, 0, CallbackKind::task_step, 0).wait(kMs);
  TraceModel::Limits limits;
  limits.coroutine_limit = 100;
  limits.history_ns = 20 * kMs;
  TraceModel model = trace.model(limits);
  EXPECT_LE(model.coroutines().size(), 100U);
  EXPECT_TRUE(model.coroutines().contains(500));
  model.forget(trace.t);
  EXPECT_LE(model.coroutines().size(), 21U);
  EXPECT_TRUE(model.coroutines().contains(500));
}

TEST(TraceModel, DoesNotPretendToKnowWhenATaskBeganThatWasNoticedLate) {
  Trace trace;
  trace.put(EventType::task_created);
  trace.events.back().object = 100;
  trace.events.back().name = 5;
  trace.events.back().kind = static_cast<std::uint8_t>(tracer::TaskStart::noticed);
  EXPECT_EQ(trace.model().tasks().at(100).created_ns, 0);
}

TEST(TraceModel, ForgetsWhatIsOlderThanItsHistory) {
  TraceModel::Limits limits;
  limits.history_ns = kSecond;
  Trace trace;
  for (int i = 0; i < 5000; ++i) trace.callback(1, 100 * kUs).sleep(900 * kUs);
  TraceModel model = trace.model(limits);
  model.forget(trace.t);
  EXPECT_GE(model.callbacks()[model.callbacks().first()].end_ns, trace.t - kSecond - 300 * kMs);
  EXPECT_LE(model.callbacks().size(), 1300U);
}

TEST(TraceModel, HoldsABoundedNumberOfSlicesHoweverFastTheyCome) {
  TraceModel::Limits limits;
  limits.slice_limit = 10'000;
  TraceModel model(limits);
  Trace trace;
  for (int round = 0; round < 20; ++round) {
    trace.events.clear();
    for (int i = 0; i < 10'000; ++i) trace.callback(1, 1);
    for (const TraceEvent& event : trace.events) model.add(event);
    model.forget(trace.t);
    ASSERT_LE(model.callbacks().size(), 10'000 + 256U);
  }
}

TEST(TraceModel, KeepsStepsAsFarBackAsCallbacks) {
  TraceModel::Limits limits;
  limits.slice_limit = 10'000;
  TraceModel model(limits);
  Trace trace;
  for (int i = 0; i < 40'000; ++i) trace.callback(1, 10, 0, CallbackKind::task_step, 7);
  for (const TraceEvent& event : trace.events) model.add(event);
  model.forget(trace.t);
  const auto& steps = model.coroutines().at(1).steps;
  EXPECT_LE(steps[steps.first()].begin_ns, model.callbacks()[model.callbacks().first()].begin_ns);
  EXPECT_LE(steps.size(), 10'000 + 2 * 256U);
}

TEST(TraceModel, MarksWhatWasLostAndOpensNothingAcrossIt) {
  Trace trace;
  trace.poll_begin(5, PollReason::until_timer).wait(kMs).callback_begin(1).wait(kMs);
  TraceModel model = trace.model();
  model.lose(42);
  EXPECT_TRUE(model.open_callbacks().empty());
  EXPECT_FALSE(model.open_phase());
  Trace after;
  after.t = trace.t + 9 * kMs;
  after.callback_end(1).callback(2, kMs);
  for (const TraceEvent& event : after.events) model.add(event);
  ASSERT_EQ(model.gaps().size(), 1U);
  EXPECT_EQ(model.gaps()[0].events, 42U);
  EXPECT_EQ(model.gaps()[0].end_ns - model.gaps()[0].begin_ns, 10 * kMs);
  ASSERT_EQ(model.callbacks().size(), 1U) << "an end without a begin makes no slice";
  EXPECT_EQ(model.callbacks()[0].name, 2U);
}

TEST(TraceModel, ShowsWhatIsGoingOnAsOpen) {
  Trace trace;
  trace.phase(Phase::timers, kMs).put(EventType::phase_begin, Phase::idle, 3).callback_begin(9);
  const TraceModel model = trace.model();
  ASSERT_TRUE(model.open_phase());
  EXPECT_EQ(model.open_phase()->activity, Activity::idle);
  ASSERT_EQ(model.open_callbacks().size(), 1U);
  EXPECT_EQ(model.open_callbacks()[0].name, 9U);
}

TEST(TraceModel, NumbersIterationsWithoutHoleOrOverlap) {
  Trace trace;
  for (int i = 0; i < 50; ++i) trace.phase(Phase::idle, 100 * kUs).sleep(kMs);
  const TraceModel model = trace.model();
  ASSERT_EQ(model.iterations().size(), 49U);
  for (std::uint64_t i = 1; i < model.iterations().last(); ++i) {
    EXPECT_EQ(model.iterations()[i].begin_ns, model.iterations()[i - 1].end_ns);
    EXPECT_EQ(model.iterations()[i].number, model.iterations()[i - 1].number + 1);
  }
}

TEST(TraceModel, KeepsPhasesInOrderAndApart) {
  Trace trace;
  for (int i = 0; i < 200; ++i)
    trace.phase(Phase::timers, 3)
        .phase(Phase::idle, 5)
        .poll_begin(i % 2, PollReason::until_timer, 2)
        .wait(7)
        .poll_wake(i % 3)
        .poll_end();
  const TraceModel model = trace.model();
  for (std::uint64_t i = 1; i < model.phases().last(); ++i)
    ASSERT_GE(model.phases()[i].begin_ns, model.phases()[i - 1].end_ns) << i;
}

TEST(TraceModel, KnowsNothingWhileTheLevelIsOff) {
  Trace trace;
  trace.sleep(kMs).put(EventType::level_changed).wait(50 * kMs).sleep(kMs);
  const TraceModel model = trace.model();
  ASSERT_EQ(model.gaps().size(), 1U);
  EXPECT_EQ(model.gaps()[0].reason, tracer::GapReason::not_recorded);
}

TEST(TraceModel, AWaitForTheGilIsOverWhenTheNextEventComes) {
  // A suspend in the middle of the wait, or one damaged word, makes it longer than there was time.
  Trace trace;
  trace.poll_begin(5, PollReason::until_timer).wait(kMs).put(EventType::poll_wake, Phase::poll, 1);
  trace.events.back().other_ns = tracer::kLatestNs;
  trace.wait(2 * kMs).poll_end().wait(kMs).phase(Phase::idle, kMs);
  const TraceModel model = trace.model();
  ASSERT_EQ(model.gil_waits().size(), 1U);
  EXPECT_EQ(model.gil_waits()[0].end_ns - model.gil_waits()[0].begin_ns, 2 * kMs);
  for (std::uint64_t i = 1; i < model.phases().last(); ++i)
    EXPECT_GE(model.phases()[i].begin_ns, model.phases()[i - 1].end_ns) << i;
}

TEST(TraceModel, HoldsABoundedNumberOfTracksWhateverEventsSay) {
  Trace trace;
  for (NameId name = 1; name < 5'000; ++name) trace.callback(name, 1, 0, CallbackKind::task_step, name);
  const TraceModel model = trace.model();
  EXPECT_LE(model.coroutines().size(), TraceModel::Limits{}.coroutine_limit);
  EXPECT_LE(model.tasks().size(), TraceModel::Limits{}.task_limit);
}

TEST(TraceModel, MarksAJumpOfTheClockAndLeavesOpenWhatIsOpen) {
  Trace trace;
  trace.poll_begin(5, PollReason::until_timer).wait(3 * kMs).poll_wake();
  trace.events.back().clock = tracer::ClockFault::jumped;
  trace.events.back().clock_ns = 10 * kSecond;
  trace.poll_end();
  const TraceModel model = trace.model();
  ASSERT_EQ(model.gaps().size(), 1U);
  EXPECT_EQ(model.gaps()[0].reason, tracer::GapReason::clock_jumped);
  EXPECT_EQ(model.gaps()[0].clock_ns, 10 * kSecond);
  EXPECT_EQ(model.gaps()[0].end_ns - model.gaps()[0].begin_ns, 3 * kMs);
  ASSERT_EQ(model.polls().size(), 1U);
  EXPECT_EQ(model.polls()[0].wake_ns - model.polls()[0].begin_ns, 3 * kMs);
}

TEST(TraceModel, KeepsTheStepsOfATaskWhoseLastStepEndsAfterItIsDone) {
  Trace trace;
  for (int i = 0; i < 3; ++i) trace.callback(7, kMs, 0, CallbackKind::task_step, 40).wait(kMs);
  trace.callback_begin(7, 0, CallbackKind::task_step, 40).wait(kMs).put(EventType::task_done);
  trace.events.back().object = 40;
  trace.events.back().name = 7;
  trace.wait(kUs).callback_end(7, CallbackKind::task_step, 40);
  const auto model = trace.model();
  ASSERT_EQ(model.tasks().count(40), 1U);
  const tracer::TaskTrack& track = model.tasks().at(40);
  EXPECT_EQ(track.steps_total, 4U);
  EXPECT_EQ(track.steps.size(), 4U);
  EXPECT_GT(track.done_ns, 0);
}

TEST(TraceModel, FollowsATaskThatHangsInItsFirstStep) {
  Trace trace;
  trace.sleep(kMs).callback_begin(7, 0, CallbackKind::task_step, 40);
  auto model = trace.model();
  for (const std::int64_t later : {kMs, 300 * kSecond}) {
    model.forget(trace.t + later);
    ASSERT_EQ(model.tasks().count(40), 1U);
    ASSERT_EQ(model.coroutines().count(7), 1U);
    ASSERT_NE(model.open_step(model.tasks().at(40)), nullptr);
    EXPECT_EQ(model.open_step(model.tasks().at(40))->begin_ns, trace.t);
  }
}

TEST(TraceModel, KeepsTheTrackOfATaskThatHangsForLongerThanTheHistory) {
  Trace trace;
  trace.callback(7, kMs, 0, CallbackKind::task_step, 40).callback_begin(7, 0, CallbackKind::task_step, 40);
  auto model = trace.model();
  model.forget(trace.t + 300 * kSecond);
  ASSERT_EQ(model.tasks().count(40), 1U);
  EXPECT_EQ(model.tasks().at(40).steps_total, 1U);
}

}  // namespace
}  // namespace loopscope::testing

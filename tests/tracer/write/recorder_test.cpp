// What a recorder writes for what a loop says: whole sequences.

#include "tracer/write/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "tests/tracer/sessions.h"

namespace loopscope::tracer {
namespace {

using enum EventType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Recording;

/// One turn of a loop with a timer, two callbacks and some I/O.
void busy_turn(Recorder& to) {
  to.phase_begin(Phase::timers, 1);
  to.timer_fired(3, 11, 5000, to.ticks());
  to.callback_begin(CallbackKind::timer, 3, 5000, kReadyIsNs, 11);
  to.callback_end();
  to.phase_end(1);
  to.phase_begin(Phase::idle, 1);
  to.callback_begin(CallbackKind::soon, 4, to.ticks(), 0, 0);
  to.timer_set(3, 12, 9000);
  to.callback_end();
  to.phase_end(1);
  to.prepare_begin();
  to.poll_begin({12, PollReason::until_timer, 3, 0, 1, 9000});
  to.poll_wake(to.ticks(), 77, true);
  to.callback_begin(CallbackKind::data_received, 5, to.ticks(), 0, 1);
  to.bytes_read(1, 1024);
  to.callback_end();
  to.poll_end(1);
}

TEST(Recorder, WritesAWholeIterationInOrder) {
  const Recording recording(Level::callbacks);
  recording.recorder->loop_start();
  busy_turn(*recording.recorder);
  recording.recorder->loop_stop();
  EXPECT_THAT(recording.types(),
              ElementsAre(loop_start, phase_begin, timer_fired, callback_begin, callback_end, phase_end,
                          phase_begin, callback_begin, timer_set, callback_end, phase_end, poll_begin, poll_wake,
                          callback_begin, bytes_read, callback_end, poll_end, loop_stop));
}

TEST(Recorder, WritesOnlyTheLoopItselfAtPhases) {
  const Recording recording(Level::phases);
  recording.recorder->loop_start();
  busy_turn(*recording.recorder);
  recording.recorder->loop_stop();
  EXPECT_THAT(recording.types(), ElementsAre(loop_start, phase_begin, phase_end, phase_begin, phase_end,
                                             poll_begin, poll_wake, poll_end, loop_stop));
}

TEST(Recorder, CountsAtPhasesWhatItDoesNotWrite) {
  const Recording recording(Level::phases);
  busy_turn(*recording.recorder);
  recording.recorder->bytes_written(1, 10);
  recording.recorder->timer_cancelled(3, 12);
  const auto totals = recording.session->counters();
  EXPECT_EQ(totals.iterations, 1U);
  EXPECT_EQ(totals.callbacks, 3U);
  EXPECT_EQ(totals.io_events, 1U);
  EXPECT_EQ(totals.bytes_read, 1024U);
  EXPECT_EQ(totals.bytes_written, 10U);
  EXPECT_EQ(totals.timers_set, 1U);
  EXPECT_EQ(totals.timers_fired, 1U);
  EXPECT_EQ(totals.timers_cancelled, 1U);
  EXPECT_EQ(totals.gil_wait_ticks, 77U);
}

TEST(Recorder, WritesAndCountsNothingWhenOff) {
  const Recording recording(Level::off);
  recording.recorder->loop_start();
  busy_turn(*recording.recorder);
  EXPECT_EQ(recording.recorder->handle_opened(HandleKind::tcp, 1, 5), 0U);
  recording.recorder->handle_closed(HandleKind::tcp, 0);
  recording.recorder->task_created(1, 1);
  recording.recorder->wakeup();
  recording.recorder->loop_stop();
  EXPECT_THAT(recording.events(), IsEmpty());
  EXPECT_EQ(recording.session->counters().callbacks, 0U);
  EXPECT_EQ(recording.session->counters().iterations, 0U);
}

TEST(Recorder, WithoutASessionRecordsNothingForEver) {
  Recorder none;
  none.set_level(Level::tasks);
  none.loop_start();
  busy_turn(none);
  none.loop_stop();
  EXPECT_FALSE(none.on());
  EXPECT_EQ(none.handle_opened(HandleKind::tcp, 1, 5), 0U);
  EXPECT_EQ(none.intern(&none, "f", "a.py", 1), kNoName);
}

TEST(Recorder, GivesThePollItsNumberReasonCulpritAndTheTimeInPrepare) {
  const Recording recording(Level::phases);
  recording.turn(0);
  const auto before = recording.recorder->ticks();
  recording.recorder->prepare_begin();
  recording.recorder->poll_begin({-1, PollReason::forever, 9, 0, 0, 0});
  const auto took = recording.recorder->ticks() - before;
  const auto poll = recording.events().back();
  EXPECT_EQ(poll.type, poll_begin);
  EXPECT_EQ(poll.phase, Phase::poll);
  EXPECT_EQ(static_cast<PollReason>(poll.kind), PollReason::forever);
  EXPECT_EQ(poll.name, 9U);
  EXPECT_EQ(poll.a, 2U);
  EXPECT_EQ(static_cast<std::int32_t>(static_cast<std::uint32_t>(poll.b)), -1);
  EXPECT_GT(poll.b >> 32U, 0U);
  EXPECT_LE(poll.b >> 32U, took);
}

TEST(Recorder, ShowsThePresentPhaseAndPoll) {
  const Recording recording(Level::phases);
  recording.recorder->loop_start();
  EXPECT_EQ(recording.present().running, 1);
  recording.recorder->phase_begin(Phase::idle, 17);
  EXPECT_EQ(recording.present().phase, Phase::idle);
  EXPECT_EQ(recording.present().ready_depth, 17U);
  recording.recorder->phase_end(17);
  recording.recorder->prepare_begin();
  EXPECT_EQ(recording.present().phase, Phase::prepare);
  recording.recorder->poll_begin({250, PollReason::until_timer, 9, 4, 5, 6});
  const auto now = recording.present();
  EXPECT_EQ(now.phase, Phase::poll);
  EXPECT_EQ(now.iteration, 1U);
  EXPECT_EQ(now.poll_timeout_ms, 250);
  EXPECT_EQ(now.poll_reason, PollReason::until_timer);
  EXPECT_EQ(now.poll_culprit, 9U);
  EXPECT_EQ(now.ready_depth, 4U);
  EXPECT_EQ(now.timers_pending, 5U);
  EXPECT_EQ(now.next_timer_ns, 6U);
  EXPECT_EQ(now.poll_begin_ticks, now.phase_since_ticks);
  recording.recorder->poll_end(0);
  EXPECT_EQ(recording.present().phase, Phase::check);
  recording.recorder->loop_stop();
  EXPECT_EQ(recording.present().phase, Phase::none);
  EXPECT_EQ(recording.present().running, 0);
}

TEST(Recorder, ShowsTheInnermostCallback) {
  const Recording recording(Level::callbacks);
  recording.recorder->callback_begin(CallbackKind::soon, 1, 0, 0, 100);
  recording.recorder->callback_begin(CallbackKind::accept, 2, 0, 0, 200);
  auto now = recording.present();
  EXPECT_EQ(now.callback_name, 2U);
  EXPECT_EQ(now.callback_kind, CallbackKind::accept);
  EXPECT_EQ(now.callback_object, 200U);
  EXPECT_EQ(now.callback_depth, 2);
  recording.recorder->callback_end();
  now = recording.present();
  EXPECT_EQ(now.callback_name, 1U);
  EXPECT_EQ(now.callback_kind, CallbackKind::soon);
  EXPECT_EQ(now.callback_object, 100U);
  EXPECT_EQ(now.callback_depth, 1);
  EXPECT_EQ(now.callback_since_ticks, recording.events()[0].ticks);
  recording.recorder->callback_end();
  EXPECT_EQ(recording.present().callback_depth, 0);
  EXPECT_EQ(recording.present().callback_name, kNoName);
}

TEST(Recorder, PairsEachCallbackWithItsEnd) {
  const Recording recording(Level::callbacks);
  recording.recorder->callback_begin(CallbackKind::soon, 1, 0, 0, 100);
  recording.recorder->callback_begin(CallbackKind::accept, 2, 0, 0, 200);
  recording.recorder->callback_end();
  recording.recorder->callback_end();
  const auto events = recording.events();
  ASSERT_EQ(events.size(), 4U);
  for (const auto& [begin, end] : {std::pair(0, 3), std::pair(1, 2)}) {
    EXPECT_EQ(events[begin].name, events[end].name);
    EXPECT_EQ(events[begin].kind, events[end].kind);
    EXPECT_EQ(events[begin].b, events[end].b);
    EXPECT_LE(events[begin].ticks, events[end].ticks);
  }
}

TEST(Recorder, CountsTheDepthOfCallbacksNestedBeyondItsMemory) {
  constexpr int kDepth = 300;
  const Recording recording(Level::callbacks);
  for (int i = 1; i <= kDepth; ++i) {
    recording.recorder->callback_begin(CallbackKind::soon, static_cast<NameId>(i), 0, 0, 0);
    ASSERT_EQ(recording.present().callback_depth, std::min(i, 255));
  }
  for (int i = kDepth; i >= 1; --i) {
    recording.recorder->callback_end();
    ASSERT_EQ(recording.present().callback_depth, std::min(i - 1, 255));
  }
  EXPECT_EQ(recording.present().callback_name, kNoName);
  const auto events = recording.events();
  ASSERT_EQ(events.size(), 2U * kDepth);
  EXPECT_EQ(events.back().name, 1U);
  recording.recorder->callback_end();
  EXPECT_EQ(recording.events().size(), 2U * kDepth) << "an end without a beginning is none";
}

TEST(Recorder, SaysWhetherATimeOfReadinessIsNs) {
  const Recording recording(Level::callbacks);
  recording.recorder->callback_begin(CallbackKind::timer, 1, 123456, kReadyIsNs, 0);
  recording.recorder->callback_begin(CallbackKind::soon, 1, 654321, 0, 0);
  const auto events = recording.events();
  EXPECT_EQ(events[0].flags, kReadyIsNs);
  EXPECT_EQ(events[0].a, 123456U);
  EXPECT_EQ(events[1].flags, 0);
  EXPECT_EQ(events[1].a, 654321U);
}

TEST(Recorder, NumbersHandlesFromOneAndShowsTheOpenOnes) {
  const Recording recording(Level::phases);
  const auto first = recording.recorder->handle_opened(HandleKind::listener, 1, 5);
  const auto second = recording.recorder->handle_opened(HandleKind::tcp, 2, -1);
  EXPECT_EQ(first, 1U);
  EXPECT_EQ(second, 2U);
  recording.recorder->handle_closed(HandleKind::listener, first);
  EXPECT_THAT(recording.types(), ElementsAre(handle_opened, handle_opened, handle_closed));
  const auto live = recording.session->handles();
  ASSERT_EQ(live.size(), 1U);
  EXPECT_EQ(live[0].id, second);
  EXPECT_EQ(live[0].kind, HandleKind::tcp);
  EXPECT_EQ(live[0].fd, -1);
  EXPECT_EQ(recording.session->counters().handles_opened, 2U);
  EXPECT_EQ(recording.session->counters().handles_closed, 1U);
}

TEST(Recorder, CountsHandlesThatFindNoSlotAndStillWritesThem) {
  const Recording recording(Level::phases);
  for (std::uint64_t i = 0; i < kDefaultSlotCount + 3; ++i)
    recording.recorder->handle_opened(HandleKind::tcp, 1, 5);
  EXPECT_EQ(recording.session->counters().slots_lost, 3U);
  EXPECT_EQ(recording.session->counters().handles_opened, kDefaultSlotCount + 3);
}

TEST(Recorder, WritesTasksOnlyAtTasks) {
  const Recording callbacks(Level::callbacks);
  callbacks.recorder->task_created(1, 10);
  callbacks.recorder->task_done(1, 10);
  EXPECT_THAT(callbacks.events(), IsEmpty());

  const Recording tasks(Level::tasks);
  tasks.recorder->task_created(1, 10);
  tasks.recorder->task_created(2, 11);
  tasks.recorder->task_done(1, 10);
  EXPECT_THAT(tasks.types(), ElementsAre(task_created, task_created, task_done));
  ASSERT_EQ(tasks.session->tasks().size(), 1U);
  EXPECT_EQ(tasks.session->tasks()[0].id, 11U);
  EXPECT_EQ(tasks.session->tasks()[0].name, 2U);
}

TEST(Recorder, SaysHowATaskCameAndHowItEnded) {
  const Recording recording(Level::tasks);
  recording.recorder->task_created(1, 10);
  recording.recorder->task_created(1, 11, TaskStart::noticed);
  recording.recorder->task_done(1, 10);
  recording.recorder->task_done(1, 11, TaskEnd::destroyed);
  std::vector<int> kinds;
  for (const auto& event : recording.events()) kinds.push_back(event.kind);
  EXPECT_THAT(kinds, ElementsAre(0, 1, 0, 1));
  EXPECT_EQ(recording.session->counters().tasks_done, 2U);
  EXPECT_EQ(recording.session->counters().tasks_destroyed, 1U);
}

TEST(Recorder, CountsTheTasksThatLiveWithASlotOrWithout) {
  const Recording recording(Level::tasks);
  for (std::uint64_t id = 1; id <= kDefaultSlotCount + 10; ++id) recording.recorder->task_created(1, id);
  EXPECT_EQ(recording.session->counters().tasks_live, kDefaultSlotCount + 10);
  EXPECT_EQ(recording.session->counters().slots_lost, 10U);
  for (std::uint64_t id = 1; id <= kDefaultSlotCount + 10; ++id) recording.recorder->task_done(1, id);
  EXPECT_EQ(recording.session->counters().tasks_live, 0U);
}

TEST(Recorder, LosingHistoryLosesNothingOfThePresent) {
  const Recording recording(Level::tasks);
  recording.recorder->task_created(1, 10);
  const auto handle = recording.recorder->handle_opened(HandleKind::tcp, 1, 5);
  recording.recorder->loop_start();
  for (std::uint64_t i = 0; i < 3 * kLeastRingEvents; ++i) recording.turn();
  EXPECT_EQ(recording.session->tasks().size(), 1U);
  EXPECT_EQ(recording.session->handles()[0].id, handle);
  EXPECT_EQ(recording.session->counters().iterations, 3 * kLeastRingEvents);
  EXPECT_EQ(recording.present().running, 1);
}

TEST(Recorder, RenewsItsAnchorWhileTheLoopTurns) {
  const Recording recording(Level::phases);
  const auto first = recording.session->header().anchor_first;
  EXPECT_EQ(recording.present().anchor_last.ticks, first.ticks);
  const auto deadline = monotonic_ns() + 2'000'000'000;
  while (recording.present().anchor_last.ticks == first.ticks && monotonic_ns() < deadline) recording.turn();
  EXPECT_GT(recording.present().anchor_last.monotonic_ns, first.monotonic_ns);
}

TEST(Recorder, WritesItsAnchorsIntoTheRingWhenTheyAreDue) {
  const Recording recording(Level::phases);
  if (recording.session->header().clock_source == ClockSource::monotonic)
    GTEST_SKIP() << "a clock that needs none";
  const auto anchors = [&] {
    std::vector<Event> found;
    RingReader reader(*recording.session);
    RingReader::Batch batch;
    while (reader.read(batch, kLeastRingEvents))
      for (const auto& event : batch.events)
        if (event.type == EventType::clock_anchor)
          found.push_back(event);
    return found;
  };
  recording.recorder->loop_start();
  EXPECT_TRUE(anchors().empty()) << "a start may come at any rate";
  const auto deadline = monotonic_ns() + 2'000'000'000;
  while (anchors().size() < 3 && monotonic_ns() < deadline) recording.turn();
  const auto found = anchors();
  ASSERT_GE(found.size(), 3U);
  for (const auto& anchor : found) {
    EXPECT_GT(anchor.a, recording.session->header().anchor_first.monotonic_ns);
    EXPECT_LE(anchor.a, monotonic_ns());
  }
  EXPECT_LT(found[0].ticks, found[1].ticks);
  EXPECT_EQ(recording.present().anchor_last.monotonic_ns, found.back().a);
}

TEST(Recorder, StampsEventsInOrder) {
  const Recording recording(Level::callbacks);
  for (int i = 0; i < 100; ++i) busy_turn(*recording.recorder);
  std::uint64_t last = 0;
  for (const auto& event : recording.events()) {
    ASSERT_GE(event.ticks, last);
    last = event.ticks;
  }
}

std::vector<std::uint64_t> stamps(const Recording& recording) {
  std::vector<std::uint64_t> ticks;
  for (const auto& event : recording.events()) ticks.push_back(event.ticks);
  return ticks;
}

TEST(Recorder, ABatchOfCallbacksSharesTheStampsOfItsBoundaries) {
  const Recording recording(Level::callbacks);
  recording.recorder->phase_begin(Phase::idle, 2);
  for (int i = 0; i < 2; ++i) {
    recording.recorder->callback_begin(CallbackKind::soon, 1, 1, 0, 0);
    recording.recorder->callback_end();
  }
  recording.recorder->phase_end(2);
  const auto at = stamps(recording);
  ASSERT_EQ(at.size(), 6U);
  EXPECT_EQ(at[0], at[1]) << "the first begins with the phase";
  EXPECT_LT(at[1], at[2]);
  EXPECT_EQ(at[2], at[3]) << "the second begins where the first ends";
  EXPECT_LT(at[3], at[4]);
  EXPECT_EQ(at[4], at[5]) << "the phase ends with the last";
}

TEST(Recorder, SharesNoStampAcrossWhatHasNoSpan) {
  const Recording recording(Level::callbacks);
  recording.recorder->phase_begin(Phase::idle, 1);
  recording.recorder->work_begins();
  recording.recorder->callback_begin(CallbackKind::soon, 1, 1, 0, 0);
  recording.recorder->callback_end();
  recording.recorder->count_callback();
  recording.recorder->phase_end(1);
  const auto at = stamps(recording);
  ASSERT_EQ(at.size(), 4U);
  EXPECT_LT(at[0], at[1]);
  EXPECT_LT(at[2], at[3]);
}

TEST(Recorder, ANestedCallbackHasStampsOfItsOwn) {
  const Recording recording(Level::callbacks);
  recording.recorder->callback_begin(CallbackKind::soon, 1, 1, 0, 0);
  recording.recorder->callback_begin(CallbackKind::data_received, 2, 1, 0, 0);
  recording.recorder->callback_end();
  recording.recorder->callback_end();
  const auto at = stamps(recording);
  ASSERT_EQ(at.size(), 4U);
  for (std::size_t i = 1; i < at.size(); ++i) EXPECT_LT(at[i - 1], at[i]);
}

TEST(Recorder, NumbersWhatIsQueuedAndCountsItOut) {
  const Recording recording(Level::tasks);
  Recorder& to = *recording.recorder;
  for (std::uint64_t i = 0; i < 4; ++i) to.queued(CallbackKind::soon, 1, 0);
  to.callback_begin(CallbackKind::soon, 1, 1, kFromQueue, 0);
  to.callback_end();
  to.unqueued(Unqueued::cancelled);
  to.queued(CallbackKind::soon, 1, 0);
  to.unqueued(Unqueued::cleared);
  std::vector<std::uint64_t> numbers;
  for (const auto& event : recording.events())
    if (event.type == EventType::queued || event.type == EventType::unqueued)
      numbers.push_back(event.a);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 2, 3, 4, 2, 5, 5}));
}

TEST(Recorder, ATasksSlotSaysWhereItStandsAndWhatItIsCalled) {
  const Recording recording(Level::tasks);
  Recorder& to = *recording.recorder;
  const int f = 0;
  const auto name = to.intern(&f, "shop", "shop.py", 20);
  to.task_created(name, 7);
  to.task_named(7, kNoName, 12);
  ASSERT_EQ(recording.session->tasks().size(), 1U);
  EXPECT_EQ(recording.session->tasks()[0].stopped_ns, 0) << "no step yet";
  to.step_stopped(7, AwaitKind::task, to.intern_frame(kNoName, name, 31), 8);
  const auto task = recording.session->tasks()[0];
  EXPECT_EQ(task.number, 12U);
  EXPECT_GT(task.stopped_ns, 0);
  EXPECT_EQ(task.await_kind, AwaitKind::task);
  EXPECT_EQ(task.awaited, 8U);
  EXPECT_EQ(recording.session->frame(task.frame).line, 31U);
}

TEST(Recorder, AHandlesSlotSaysWhatTheKernelIsAskedAbout) {
  const Recording recording(Level::callbacks);
  Recorder& to = *recording.recorder;
  const auto id = to.handle_opened(HandleKind::watcher, kNoName, 5);
  to.watch_changed(id, 5, kWatchesRead | kWatchesWrite);
  ASSERT_EQ(recording.session->handles().size(), 1U);
  EXPECT_EQ(recording.session->handles()[0].interest, kWatchesRead | kWatchesWrite);
}

TEST(Recorder, BelowTheirLevelsTheNewVerbsWriteNothing) {
  const Recording recording(Level::phases);
  Recorder& to = *recording.recorder;
  to.queued(CallbackKind::soon, 1, 0);
  to.unqueued(Unqueued::cancelled);
  to.step_stopped(1, AwaitKind::future, kNoName, 0);
  to.task_named(1, kNoName, 1);
  to.watch_changed(1, 3, kWatchesRead);
  EXPECT_EQ(to.job_queued(JobKind::executor, 1), 0U);
  to.job_begun(0, kNoName);
  to.job_ended(0, JobEnd::returned, false);
  EXPECT_TRUE(recording.events().empty());
}

}  // namespace
}  // namespace loopscope::tracer

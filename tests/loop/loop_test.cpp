#include "loop/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/loop/loop_harness.h"
#include "tests/loop/test_callback.h"

namespace loopscope::loop {
namespace {

using testing::ElementsAre;
using Words = std::vector<std::string>;

std::int64_t now_ns() {
  return static_cast<std::int64_t>(tracer::monotonic_ns());
}

TEST(Loop, RecordsTheWholeSequenceOfARunThatOneCallbackStops) {
  LoopHarness harness;
  TestCallback stop([&] { harness.loop().stop(); }, "stop");
  harness.loop().call_soon(stop.counted());
  harness.loop().run();
  EXPECT_THAT(harness.events(),
              ElementsAre("queued stop", "loop_start", "poll_begin ready_callbacks 0 stop", "poll_wake",
                          "poll_end 0", "phase_begin idle 1", "callback_begin stop", "callback_end stop",
                          "phase_end idle 1", "poll_begin stopping 0", "poll_wake", "poll_end 0", "loop_stop"));
  EXPECT_EQ(stop.references(), 0);
}

TEST(Loop, PollsOnceBeforeItRunsAnything) {
  LoopHarness harness(tracer::Level::phases);
  harness.loop().stop();
  harness.loop().run();
  EXPECT_THAT(harness.events(), ElementsAre("loop_start", "poll_begin stopping 0", "poll_wake", "poll_end 0",
                                            "poll_begin stopping 0", "poll_wake", "poll_end 0", "loop_stop"));
}

TEST(Loop, RunsATimerInTheTimersPhaseIfNothingElseIsQueued) {
  LoopHarness harness;
  TestCallback tick([&] { harness.loop().stop(); }, "tick");
  harness.loop().call_at(now_ns() + 3'000'000, tick.counted());
  harness.loop().run();
  Words events = harness.events();
  ASSERT_GE(events.size(), 3U);
  EXPECT_EQ(events[0], "timer_set tick");
  EXPECT_EQ(events[1], "loop_start");
  EXPECT_THAT(events[2], testing::MatchesRegex("poll_begin until_timer [123] tick"));
  events.erase(events.begin(), events.begin() + 3);
  EXPECT_THAT(events, ElementsAre("poll_wake", "poll_end 0", "timer_fired tick", "phase_begin timers 1",
                                  "callback_begin tick", "callback_end tick", "phase_end timers 1",
                                  "poll_begin stopping 0", "poll_wake", "poll_end 0", "loop_stop"));
}

/// Says what it is told to, and asks for it when it is asked.
class TestClock final : public ProgramClock {
 public:
  explicit TestClock(std::function<std::int64_t()> now) : now_(std::move(now)) {}
  bool in_use() override { return used; }
  std::int64_t now_ns() override { return now_(); }
  bool used = true;

 private:
  std::function<std::int64_t()> now_;
};

TEST(Loop, GoesByTheProgramsClockWhileItHasOne) {
  LoopHarness harness;
  std::int64_t now = 5'900'000 - 12'000'000;
  TestClock clock([&] { return now += 12'000'000; });
  harness.loop().set_clock(&clock);
  TestCallback tick([&] { harness.loop().stop(); }, "tick");
  harness.loop().call_at(17'900'000, tick.counted());
  harness.loop().run();
  EXPECT_THAT(harness.events(), ElementsAre("timer_set tick", "loop_start", "poll_begin until_timer 12 tick",
                                            "poll_wake", "poll_end 0", "timer_fired tick", "phase_begin timers 1",
                                            "callback_begin tick", "callback_end tick", "phase_end timers 1",
                                            "poll_begin stopping 0", "poll_wake", "poll_end 0", "loop_stop"));
}

TEST(Loop, AsksAClockThatStandsStillAgainAfterEachPoll) {
  LoopHarness harness(tracer::Level::phases);
  int asked = 0;
  TestClock clock([&] { return ++asked < 6 ? 0 : 1; });
  harness.loop().set_clock(&clock);
  TestCallback tick([&] { harness.loop().stop(); });
  harness.loop().call_at(1, tick.counted());
  harness.loop().run();
  const Words events = harness.events();
  EXPECT_EQ(std::count(events.begin(), events.end(), "poll_begin until_timer 1 test"), 3);
  EXPECT_EQ(asked, 6);
}

TEST(Loop, GoesByTheMonotonicClockOnceTheProgramHasNoneAnyMore) {
  Loop loop;
  TestClock clock([] { return -1; });
  loop.set_clock(&clock);
  TestCallback tick([&] { loop.stop(); });
  TestCallback give_up([&] { clock.used = false; });
  loop.call_soon(give_up.counted());
  loop.call_at(1, tick.counted());
  loop.run();
  EXPECT_EQ(tick.runs(), 1);
}

TEST(Loop, LooksAtEverythingAgainAfterTheProgramsClockHasRun) {
  LoopHarness harness(tracer::Level::phases);
  Loop& loop = harness.loop();
  TestCallback never;
  TestCallback stop([&] { loop.stop(); }, "stop");
  TestClock clock([&] {
    if (stop.references() == 0 && stop.runs() == 0)
      loop.call_soon(stop.counted());
    never.set_cancelled();
    loop.timer_cancelled(never, 1);
    return 0;
  });
  loop.set_clock(&clock);
  loop.call_at(3'600'000'000'000, never.counted());
  loop.run();
  EXPECT_THAT(harness.events(), testing::Contains("poll_begin ready_callbacks 0 stop"));
  EXPECT_EQ(never.runs(), 0);
}

TEST(Loop, PollsWithoutWaitingForATimerThatIsDueNow) {
  LoopHarness harness;
  TestCallback tick([&] { harness.loop().stop(); }, "tick");
  harness.loop().call_at(now_ns(), tick.counted());
  harness.loop().run();
  EXPECT_THAT(harness.events(), testing::Contains("poll_begin timer_due 0 tick"));
}

TEST(Loop, DoesNotFallAsleepForATimerThatIsDueBeforeItCould) {
  LoopHarness harness;
  Loop& loop = harness.loop();
  int left = 200;
  TestCallback again([&] {
    if (--left == 0)
      loop.stop();
    else
      loop.call_at(now_ns() + Timers::kShortestSleepNs / 2, again.counted());
  });
  loop.call_soon(again.counted());
  loop.run();
  const Words events = harness.events();
  EXPECT_EQ(std::count(events.begin(), events.end(), "poll_begin timer_due 0 test"), 199);
}

TEST(Loop, CountsThePollFromTheTimeAfterTheCallbacksThatRan) {
  LoopHarness harness;
  std::int64_t due_ns = 0;
  TestCallback tick([&] { harness.loop().stop(); }, "tick");
  TestCallback busy([&] {
    due_ns = now_ns() + 5'000'000;
    harness.loop().call_at(due_ns, tick.counted());
    while (now_ns() < due_ns - 200'000) {
    }
  });
  harness.loop().call_soon(busy.counted());
  harness.loop().run();
  EXPECT_THAT(harness.events(),
              testing::Contains(testing::MatchesRegex("poll_begin (until_timer 1|timer_due 0) tick")));
}

TEST(Loop, NeverRunsATimerEarly) {
  Loop loop;
  int left = 200;
  std::vector<TestCallback> timers;
  timers.reserve(200);
  std::int64_t earliest_ns = 1;
  for (int i = 0; i < 200; ++i) {
    const std::int64_t due_ns = now_ns() + i * 137'000;
    timers.emplace_back([&, due_ns] {
      earliest_ns = std::min(earliest_ns, now_ns() - due_ns);
      if (--left == 0)
        loop.stop();
    });
    loop.call_at(due_ns, timers.back().counted());
  }
  loop.run();
  EXPECT_GE(earliest_ns, 0);
}

TEST(Loop, RunsWhatWasQueuedBeforeTheTimersThatAreDueAndThenWhatThoseQueue) {
  Loop loop;
  Words order;
  TestCallback child([&] {
    order.push_back("child");
    loop.stop();
  });
  TestCallback queued([&] { order.push_back("queued"); });
  TestCallback timer([&] {
    order.push_back("timer");
    loop.call_soon(child.counted());
  });
  loop.call_at(now_ns() - 1, timer.counted());
  loop.call_soon(queued.counted());
  loop.run();
  EXPECT_THAT(order, ElementsAre("queued", "timer", "child"));
}

/// A callback that schedules itself `left` times more and then stops the loop.
struct Chain {
  explicit Chain(Loop& of, int times) : loop(of), left(times) {}
  Loop& loop;
  int left;
  TestCallback link{[this] {
                      if (--left > 0)
                        loop.call_soon(link.counted());
                      else
                        loop.stop();
                    },
                    "link"};
};

TEST(Loop, LeavesOutPollsThatCouldBringNothing) {
  LoopHarness harness(tracer::Level::phases);
  Chain chain(harness.loop(), 3);
  harness.loop().call_soon(chain.link.counted());
  harness.loop().run();
  EXPECT_THAT(harness.events(), ElementsAre("loop_start", "poll_begin ready_callbacks 0 link", "poll_wake",
                                            "poll_end 0", "phase_begin idle 1", "phase_end idle 3",
                                            "poll_begin stopping 0", "poll_wake", "poll_end 0", "loop_stop"));
}

/// How often the loop polled while a chain of 10 ran.
std::int64_t polls_of_a_chain(LoopHarness& harness) {
  harness.loop().clear_stop();
  Chain chain(harness.loop(), 10);
  harness.loop().call_soon(chain.link.counted());
  harness.loop().run();
  const Words events = harness.events();
  return std::count(events.begin(), events.end(), "poll_begin ready_callbacks 0 link");
}

TEST(Loop, PollsBetweenGenerationsWhileADescriptorIsWatched) {
  LoopHarness harness(tracer::Level::phases);
  int fds[2];
  ASSERT_EQ(pipe(fds), 0);
  TestCallback reader;
  int error = 0;
  FdWatcher* watcher = harness.loop().watchers().open(fds[0], error);
  watcher->set_reader(&reader.counted());
  EXPECT_EQ(polls_of_a_chain(harness), 10);
  watcher->set_passive(true);
  EXPECT_EQ(polls_of_a_chain(harness), 1);
  watcher->set_passive(false);
  EXPECT_EQ(polls_of_a_chain(harness), 10);
  watcher->set_reader(nullptr);
  EXPECT_EQ(polls_of_a_chain(harness), 1);
  harness.loop().close();
  close(fds[0]);
  close(fds[1]);
}

TEST(Loop, PollsOnceATimerIsDueEvenIfNothingIsWatched) {
  LoopHarness harness;
  Loop& loop = harness.loop();
  Words order;
  TestCallback last([&] {
    order.push_back("last");
    loop.stop();
  });
  TestCallback timer([&] { order.push_back("timer"); });
  TestCallback third([&] {
    order.push_back("third");
    loop.call_soon(last.counted());
  });
  TestCallback second([&] {
    order.push_back("second");
    loop.call_soon(third.counted());
    loop.call_at(now_ns(), timer.counted());
  });
  TestCallback first([&] {
    order.push_back("first");
    loop.call_soon(second.counted());
  });
  loop.call_soon(first.counted());
  loop.run();
  EXPECT_THAT(order, ElementsAre("first", "second", "third", "timer", "last"));
}

TEST(Loop, DoesNotRunACancelledCallback) {
  Loop loop;
  TestCallback never;
  TestCallback cancel([&] { never.set_cancelled(); });
  TestCallback stop([&] { loop.stop(); });
  loop.call_soon(cancel.counted());
  loop.call_soon(never.counted());
  loop.call_soon(stop.counted());
  loop.run();
  EXPECT_EQ(never.runs(), 0);
  EXPECT_EQ(never.references(), 0);
}

TEST(Loop, RunsTheRestOfItsBatchAfterStopButNotWhatThatQueues) {
  Loop loop;
  TestCallback later;
  TestCallback rest([&] { loop.call_soon(later.counted()); });
  TestCallback stop([&] { loop.stop(); });
  loop.call_soon(stop.counted());
  loop.call_soon(rest.counted());
  loop.run();
  EXPECT_EQ(rest.runs(), 1);
  EXPECT_EQ(later.runs(), 0);
  EXPECT_EQ(loop.ready_size(), 1U);
  loop.close();
}

TEST(Loop, LeavesTheRestQueuedWhenInterrupted) {
  Loop loop;
  TestCallback rest;
  TestCallback interrupt([&] { loop.interrupt(); });
  loop.call_soon(interrupt.counted());
  loop.call_soon(rest.counted());
  loop.run();
  EXPECT_EQ(rest.runs(), 0);
  EXPECT_EQ(loop.ready_size(), 1U);
  loop.close();
}

class CountingGate final : public PollGate {
 public:
  void open() override { ++opened; }
  void close() override { ++closed; }
  int opened = 0, closed = 0;
};

TEST(Loop, OpensTheGateOnlyAroundAPollThatMaySleep) {
  Loop loop;
  CountingGate gate;
  loop.set_gate(&gate);
  TestCallback stop([&] { loop.stop(); });
  loop.call_soon(stop.counted());
  loop.run();
  EXPECT_EQ(gate.opened, 0);
  loop.clear_stop();
  loop.call_at(now_ns() + 2'000'000, stop.counted());
  loop.run();
  EXPECT_EQ(gate.opened, 1);
  EXPECT_EQ(gate.closed, 1);
}

TEST(Loop, IsWokenFromAnotherThread) {
  LoopHarness harness;
  Loop& loop = harness.loop();
  TestCallback watchdog([] { FAIL() << "was not woken"; });
  loop.call_at(now_ns() + 20'000'000'000, watchdog.counted());
  loop.stop();  // so that the wake-up, whenever it comes, finds a loop that stops
  std::thread other([&] { loop.wake(); });
  other.join();
  loop.run();
  EXPECT_THAT(harness.events(), testing::Contains("wakeup"));
  loop.close();
}

TEST(Loop, RecordsNothingWhenOff) {
  LoopHarness harness(tracer::Level::off);
  TestCallback stop([&] { harness.loop().stop(); });
  harness.loop().call_soon(stop.counted());
  harness.loop().run();
  EXPECT_TRUE(harness.events().empty());
}

TEST(Loop, GivesEverythingBackWhenClosed) {
  TestCallback callback;
  {
    Loop loop;
    loop.call_soon(callback.counted());
    loop.call_at(now_ns() + 1'000'000'000, callback.counted());
  }
  EXPECT_EQ(callback.references(), 0);
}

TEST(Loop, StatesThePhaseOrderOfTheLibuvInUse) {
  tracer::Phase order[7];
  Loop::phase_order(order);
  const bool timers_first = uv_version() < ((1U << 16U) | (45U << 8U));
  EXPECT_EQ(order[timers_first ? 0 : 6], tracer::Phase::timers);
  EXPECT_EQ(order[timers_first ? 4 : 3], tracer::Phase::poll);
}

}  // namespace
}  // namespace loopscope::loop

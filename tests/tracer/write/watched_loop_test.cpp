// What the watchdog sees of a loop, and what it writes down. Stamps are ns of CLOCK_MONOTONIC; a test sets the present.

#include "tracer/write/watched_loop.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tests/tracer/sessions.h"
#include "tracer/read/event_stream.h"
#include "tracer/system/clock.h"
#include "tracer/words.h"

namespace loopscope::tracer {
namespace {

constexpr std::uint64_t kMs = 1'000'000;

class OneStack final : public StackSource {
 public:
  void attach(bool) override { attached = true; }
  StackCopy copy(StackOf whose) override {
    asked_for = whose;
    return {.read = StackRead::done, .frames = frames, .thread = 7, .loop_holds_lock = true};
  }
  [[nodiscard]] bool is_lock(std::uint64_t) const override { return false; }

  std::array<StackFrame, 2> frames{{{"sleep_badly", "app.py", 3, 5}, {"handler", "app.py", 10, 12}}};
  StackOf asked_for = StackOf::loop;
  bool attached = false;
};

class AWatchedLoop : public ::testing::Test {
 protected:
  AWatchedLoop()
      : writable_(testing::session_in_ns()),
        opened_(Session::view(writable_->data(), writable_->header().size_bytes)) {
    // Two anchors that are far enough apart: it knows how fast the clock runs from its first look on.
    writable_->header().anchor_first = {monotonic_ns() - 1000 * kMs, monotonic_ns() - 1000 * kMs};
    present().running = 1;
    present().level = Level::callbacks;
    present().stall_threshold_ns = kDefaultStallThresholdNs;
    watched_ = std::make_unique<WatchedLoop>(*writable_, stacks_);
    watched_->run(true);
  }

  [[nodiscard]] Present& present() const { return writable_->present(); }
  [[nodiscard]] Control& control() const { return writable_->control(); }
  void callback_open_for(std::uint64_t ns) const {
    present().phase = Phase::idle;
    present().callback_depth = 1;
    present().callback_since_ticks = monotonic_ns() - ns;
  }
  void sleeps_in_a_poll() const {
    present().phase = Phase::poll;
    present().callback_depth = 0;
    present().phase_since_ticks = monotonic_ns();
  }
  WatchedLoop::Look look() { return watched_->look(threads_); }
  [[nodiscard]] const Session& session() const { return *opened_.session; }
  /// The watchdog's events but the times, which depend on the machine.
  [[nodiscard]] std::vector<TraceEvent> told() const {
    EventStream stream(session());
    std::vector<TraceEvent> events;
    while (stream.read() || stream.may_go_on())
      for (const auto& event : stream.events())
        if (event.type != EventType::stall_times && event.type != EventType::stall_delay)
          events.push_back(event);
    return events;
  }
  [[nodiscard]] std::string words() const {
    std::string said;
    for (const auto& event : told()) said += (said.empty() ? "" : " ") + std::string(trace_event_name(event.type));
    return said;
  }

  OneStack stacks_;

 private:
  std::unique_ptr<WritableSession> writable_;
  Session::Opened opened_;
  std::unique_ptr<WatchedLoop> watched_;
  FollowedThreads threads_{true};
};

TEST(WhatIsOpen, IsTheOutermostCallback) {
  Present present{};
  present.running = 1;
  present.level = Level::callbacks;
  present.phase = Phase::idle;
  EXPECT_FALSE(open_span(present)) << "between two callbacks";
  present.callback_depth = 1;
  present.callback_since_ticks = 100;
  ASSERT_TRUE(open_span(present));
  EXPECT_EQ(open_span(present)->since_ticks, 100U);
  present.callback_depth = 2;
  present.callback_since_ticks = 200;
  present.outer_since_ticks = 100;
  EXPECT_EQ(open_span(present)->since_ticks, 100U);
}

TEST(WhatIsOpen, IsThePhaseWhereCallbacksAreNotRecorded) {
  Present present{};
  present.running = 1;
  present.level = Level::phases;
  present.phase = Phase::timers;
  present.phase_since_ticks = 100;
  ASSERT_TRUE(open_span(present));
  EXPECT_EQ(open_span(present)->kind, StallKind::phase);
  EXPECT_EQ(open_span(present)->phase, Phase::timers);
}

TEST(WhatIsOpen, IsNothingWhileTheKernelPolls) {
  Present present{};
  present.running = 1;
  present.level = Level::phases;
  present.phase = Phase::poll;
  present.phase_since_ticks = 100;
  present.poll_back_ticks = 90;
  present.poll_awake_ticks = 91;
  EXPECT_FALSE(open_span(present));
}

TEST(WhatIsOpen, IsTheWaitForTheGilAfterThePollAndThenThePoll) {
  Present present{};
  present.running = 1;
  present.level = Level::phases;
  present.phase = Phase::poll;
  present.phase_since_ticks = 100;
  present.poll_awake_ticks = 91;
  present.poll_back_ticks = 150;
  ASSERT_TRUE(open_span(present));
  EXPECT_EQ(open_span(present)->kind, StallKind::gil_wait);
  EXPECT_EQ(open_span(present)->since_ticks, 150U);
  present.poll_awake_ticks = 170;
  EXPECT_EQ(open_span(present)->kind, StallKind::phase);
  EXPECT_EQ(open_span(present)->since_ticks, 170U);
}

TEST(WhatIsOpen, IsNothingInALoopThatDoesNotRunOrIsNotRecorded) {
  Present present{};
  present.level = Level::callbacks;
  present.callback_depth = 1;
  EXPECT_FALSE(open_span(present));
  present.running = 1;
  EXPECT_TRUE(open_span(present));
  present.level = Level::off;
  EXPECT_FALSE(open_span(present));
}

TEST_F(AWatchedLoop, IsLookedAtAgainWhenWhatIsOpenReachesTheThreshold) {
  callback_open_for(5 * kMs);
  const auto found = look();
  EXPECT_FALSE(found.asleep);
  EXPECT_LE(found.again_in_ns, 20 * kMs);
  EXPECT_EQ(words(), "");
}

TEST_F(AWatchedLoop, WhoseCallbackIsOpenForLongerStalls) {
  callback_open_for(30 * kMs);
  look();
  ASSERT_EQ(words(), "stall_begin stall_sample");
  const auto sample = told().at(1);
  EXPECT_EQ(sample.object, present().callback_since_ticks);
  EXPECT_EQ(sample.value, 7) << "the thread whose stack it is";
  EXPECT_TRUE(sample.has(kHoldsGil));
  const auto frames = session().frames(sample.name, Track::watchdog);
  ASSERT_EQ(frames.size(), 2U);
  const auto name = session().name(frames[0], Track::watchdog);
  EXPECT_EQ(name.function, "sleep_badly");
  EXPECT_EQ(name.file, "app.py");
  EXPECT_EQ(name.line, 5U);
  EXPECT_EQ(session().name(frames[1], Track::watchdog).line, 12U);
  EXPECT_EQ(stacks_.asked_for, StackOf::loop);
}

TEST_F(AWatchedLoop, IsSampledAtGrowingDistances) {
  callback_open_for(30 * kMs);
  const auto first = look();
  EXPECT_LE(first.again_in_ns, 5 * kMs);
  EXPECT_EQ(words(), "stall_begin stall_sample");
  look();
  EXPECT_EQ(words(), "stall_begin stall_sample") << "it is too early for another one";
  callback_open_for(40'000 * kMs);
  const auto later = look();
  EXPECT_GT(later.again_in_ns, 100 * kMs);
  EXPECT_LE(later.again_in_ns, 251 * kMs);
}

TEST_F(AWatchedLoop, HasStalledWhenSomethingElseIsOpen) {
  callback_open_for(30 * kMs);
  look();
  const auto since = present().callback_since_ticks;
  callback_open_for(1 * kMs);
  look();
  EXPECT_EQ(words(), "stall_begin stall_sample stall_end");
  const auto end = told().back();
  EXPECT_EQ(end.object, since);
  EXPECT_GE(end.third_ns - end.other_ns, static_cast<std::int64_t>(30 * kMs));
}

TEST_F(AWatchedLoop, ThatWaitsForTheGilIsSampledWhereItsHolderStands) {
  sleeps_in_a_poll();
  present().phase_since_ticks -= 60 * kMs;
  present().poll_back_ticks = monotonic_ns() - 30 * kMs;
  look();
  ASSERT_EQ(words(), "stall_begin stall_sample");
  EXPECT_EQ(told()[0].stall_kind(), StallKind::gil_wait);
  EXPECT_EQ(stacks_.asked_for, StackOf::lock_holder);
}

TEST_F(AWatchedLoop, ThatSleepsInTheSamePollForTwoLooksNeedsNoOther) {
  sleeps_in_a_poll();
  EXPECT_FALSE(look().asleep);
  EXPECT_TRUE(look().asleep);
  sleeps_in_a_poll();
  EXPECT_FALSE(look().asleep) << "it turned in between";
  EXPECT_EQ(words(), "");
}

TEST_F(AWatchedLoop, HasAViewersThresholdBeforeItsOwn) {
  callback_open_for(30 * kMs);
  control().stall_threshold_ns = 100 * kMs;
  look();
  EXPECT_EQ(words(), "");
}

TEST_F(AWatchedLoop, WithoutAThresholdNeverStalls) {
  present().stall_threshold_ns = 0;
  callback_open_for(300 * kMs);
  look();
  look();
  EXPECT_EQ(words(), "");
}

}  // namespace
}  // namespace loopscope::tracer

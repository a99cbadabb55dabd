// What held the loop, from the events of both tracks.

#include "tracer/analysis/stalls.h"

#include <gtest/gtest.h>

#include "tests/tracer/analysis/events.h"

namespace loopscope::tracer {
namespace {

using testing::kMs;
using testing::kStart;
using testing::kUs;

constexpr NameId kHandler = 7;
constexpr NameId kFrame = 70;
constexpr std::uint64_t kTask = 5;

class StallsTest : public ::testing::Test {
 protected:
  struct Fields {
    std::uint64_t object = 0;
    std::int64_t value = 0;
    std::int64_t other_ns = 0;
    std::int64_t third_ns = 0;
    std::uint8_t kind = 0;
    std::uint8_t flags = 0;
    NameId name = kNoName;
    Phase phase = Phase::idle;
  };
  void tell(std::int64_t ms, EventType type, const Fields& fields, Track track = Track::loop) {
    TraceEvent event;
    event.t_ns = kStart + ms * kMs;
    event.type = type;
    event.track = track;
    event.object = fields.object;
    event.value = fields.value;
    event.other_ns = fields.other_ns;
    event.third_ns = fields.third_ns;
    event.kind = fields.kind;
    event.flags = fields.flags;
    event.name = fields.name;
    event.phase = fields.phase;
    stalls_.add(event);
  }
  void begins(std::int64_t ms, std::int64_t ready_ms = -1, CallbackKind kind = CallbackKind::task_step) {
    tell(ms, EventType::callback_begin,
         {.object = kTask,
          .other_ns = ready_ms < 0 ? 0 : kStart + ready_ms * kMs,
          .kind = static_cast<std::uint8_t>(kind),
          .name = kHandler});
  }
  void ends(std::int64_t ms) { tell(ms, EventType::callback_end, {}); }
  void callback(std::int64_t ms, std::int64_t ready_ms) {
    begins(ms, ready_ms, CallbackKind::soon);
    ends(ms);
  }
  void polls(std::int64_t ms, std::int64_t timeout_ms) { tell(ms, EventType::poll_begin, {.value = timeout_ms}); }

  void watchdog(std::int64_t ms, EventType type, Fields fields) {
    fields.other_ns = kStart + since_ms_ * kMs + skew_ns_;
    tell(ms, type, fields, Track::watchdog);
  }
  void stall(std::int64_t since_ms, std::int64_t ms, StallKind kind = StallKind::callback,
             std::int64_t look_before_ms = 0) {
    since_ms_ = since_ms;
    watchdog(ms, EventType::stall_begin,
             {.third_ns = kStart + look_before_ms * kMs, .kind = static_cast<std::uint8_t>(kind)});
  }
  void cpu(std::int64_t ms, std::int64_t cpu_ms, std::uint8_t flags = 0) {
    watchdog(ms, EventType::stall_times, {.value = cpu_ms * kMs, .flags = flags});
  }
  void sample(std::int64_t ms, ThreadDoing doing = ThreadDoing::in_system_call) {
    watchdog(ms, EventType::stall_sample, {.kind = static_cast<std::uint8_t>(doing), .name = kFrame});
  }
  void stall_over(std::int64_t ms) { watchdog(ms, EventType::stall_end, {.third_ns = kStart + ms * kMs}); }
  [[nodiscard]] const Stall& only() const {
    EXPECT_EQ(stalls_.stalls().size(), 1U);
    return stalls_.stalls().back();
  }

  Stalls stalls_;
  std::int64_t since_ms_ = 0;
  std::int64_t skew_ns_ = 0;
};

TEST_F(StallsTest, IsToldWhileItGoesOn) {
  begins(10);
  stall(10, 35);
  sample(35);
  ASSERT_NE(stalls_.open(), nullptr);
  EXPECT_EQ(only().end, StallEnd::open);
  EXPECT_EQ(only().held_ns(), 25 * kMs);
  ASSERT_TRUE(only().callback);
  EXPECT_EQ(only().callback->name, kHandler);
  ASSERT_EQ(only().samples.size(), 1U);
  EXPECT_EQ(only().samples[0].frame, kFrame);
}

TEST_F(StallsTest, ItsEndIsTheCallbacksOwn) {
  begins(10);
  stall(10, 35);
  ends(50);
  stall_over(75);
  EXPECT_EQ(only().end, StallEnd::exact);
  EXPECT_EQ(only().held_ns(), 40 * kMs);
  EXPECT_EQ(stalls_.open(), nullptr);
}

TEST_F(StallsTest, TheWatchdogsWordMayComeAfterTheCallbackEnded) {
  begins(10);
  ends(50);
  stall(10, 50);
  EXPECT_EQ(only().end, StallEnd::exact);
  EXPECT_EQ(only().callback->name, kHandler);
}

TEST_F(StallsTest, TheSameStampMayBeDecodedALittleDifferently) {
  skew_ns_ = 150 * kUs;
  begins(10);
  stall(10, 35);
  EXPECT_TRUE(only().callback);
}

TEST_F(StallsTest, AnotherCallbackIsNotTakenForIt) {
  begins(10);
  stall(12, 37);
  EXPECT_FALSE(only().callback);
}

TEST_F(StallsTest, WithoutTheLoopsWordItsEndIsALimit) {
  stall(10, 35);
  stall_over(60);
  EXPECT_EQ(only().end, StallEnd::at_most);
  EXPECT_EQ(only().held_ns(), 50 * kMs);
  EXPECT_FALSE(only().harm);
  EXPECT_TRUE(only().settled);
}

TEST_F(StallsTest, ACallbackWithinACallbackDoesNotEndIt) {
  begins(10);
  stall(10, 35);
  begins(36, -1, CallbackKind::soon);
  ends(37);
  EXPECT_EQ(only().end, StallEnd::open);
  EXPECT_EQ(only().callback->kind, CallbackKind::task_step);
  ends(50);
  EXPECT_EQ(only().end, StallEnd::exact);
}

TEST_F(StallsTest, APhaseIsOneWhereCallbacksAreNotRecorded) {
  tell(10, EventType::phase_begin, {.phase = Phase::idle});
  stall(10, 35, StallKind::phase);
  EXPECT_FALSE(only().callback);
  tell(50, EventType::phase_end, {.phase = Phase::idle});
  EXPECT_EQ(only().end, StallEnd::exact);
  EXPECT_EQ(only().held_ns(), 40 * kMs);
  EXPECT_FALSE(only().harm) << "nobody knows who waited";
}

TEST_F(StallsTest, AWaitForTheGilEndsWhenTheLoopHasIt) {
  stall(10, 35, StallKind::gil_wait);
  tell(10, EventType::poll_wake, {.other_ns = 45 * kMs, .phase = Phase::poll});
  EXPECT_EQ(only().end, StallEnd::exact);
  EXPECT_EQ(only().held_ns(), 45 * kMs);
}

TEST_F(StallsTest, WhatFollowsTheKernelsAnswerBeginsWithTheGil) {
  tell(10, EventType::poll_wake, {.other_ns = 5 * kMs, .phase = Phase::poll});
  stall(15, 40, StallKind::phase);
  tell(65, EventType::phase_end, {.phase = Phase::poll});
  EXPECT_EQ(only().held_ns(), 50 * kMs);
}

TEST_F(StallsTest, HarmIsWhoBecameReadyBeforeItsEndAndBeganAfterIt) {
  begins(10);
  stall(10, 35);
  ends(50);
  callback(50, 30);  // 20 ms of its wait are the stall's
  callback(51, 5);   // it waited before that, too: 40 ms are
  callback(52, 50);  // ready when it was over: not its fault
  callback(53, -1);  // nobody knows since when
  polls(54, 0);
  EXPECT_FALSE(only().settled) << "a poll that does not sleep may come between two that waited";
  polls(55, 10);
  ASSERT_TRUE(only().harm);
  EXPECT_EQ(only().harm->waited, 2U);
  EXPECT_EQ(only().harm->harmed_ns, 60 * kMs);
  EXPECT_TRUE(only().settled);
  callback(60, 40);
  EXPECT_EQ(only().harm->waited, 2U);
}

TEST_F(StallsTest, LostEventsMakeItsHarmUnknown) {
  begins(10);
  stall(10, 35);
  ends(50);
  stalls_.lose(Track::loop);
  EXPECT_FALSE(only().harm);
  EXPECT_TRUE(only().settled);
}

TEST_F(StallsTest, CpuTimeLiesBetweenTwoBounds) {
  begins(10);
  stall(10, 35, StallKind::callback, 4);
  cpu(35, 100, kLookBefore);
  cpu(35, 128);  // 28 ms since the look before, of which up to 6 were before the begin
  ASSERT_TRUE(only().cpu);
  EXPECT_EQ(only().cpu->least_ns, 22 * kMs);
  EXPECT_EQ(only().cpu->most_ns, 25 * kMs) << "no more than it has lasted";
  ends(50);
  cpu(75, 160);  // 60 ms since the look before; 6 before its begin and 25 after its end are perhaps not its own
  EXPECT_EQ(only().cpu->least_ns, 29 * kMs);
  EXPECT_EQ(only().cpu->most_ns, 40 * kMs);
}

TEST_F(StallsTest, WithoutALookBeforeItsCpuTimeIsNotKnown) {
  begins(10);
  stall(10, 35);
  cpu(35, 128);
  EXPECT_FALSE(only().cpu);
}

TEST_F(StallsTest, KnowsTheTaskThatTheTraceFollows) {
  tell(1, EventType::task_created, {.object = kTask});
  tell(1, EventType::task_named, {.object = kTask, .value = 3, .name = 99});
  begins(10);
  stall(10, 35);
  ASSERT_TRUE(only().task);
  EXPECT_EQ(only().task->id, kTask);
  EXPECT_EQ(only().task->given_name, 99U);
}

TEST_F(StallsTest, AnObjectThatIsNoFollowedTaskIsNone) {
  begins(10);
  stall(10, 35);
  EXPECT_FALSE(only().task);
}

TEST_F(StallsTest, KeepsABoundedNumberOfSamplesAllOverIt) {
  begins(0);
  stall(0, 25);
  for (int i = 0; i < 1000; ++i) sample(25 + i);
  EXPECT_LE(only().samples.size(), Stalls::kMostSamples);
  EXPECT_EQ(only().samples_seen, 1000U);
  EXPECT_LT(only().samples[1].t_ns, kStart + 200 * kMs);
  EXPECT_GT(only().samples.back().t_ns, kStart + 900 * kMs);
}

TEST_F(StallsTest, KeepsTheNewest) {
  Stalls few(2);
  stalls_ = few;
  for (int i = 1; i <= 5; ++i) {
    stall(i * 100, i * 100 + 25);
    stall_over(i * 100 + 50);
  }
  ASSERT_EQ(stalls_.stalls().size(), 2U);
  EXPECT_EQ(stalls_.stalls().back().number, 5U);
}

TEST_F(StallsTest, AStallWhoseEndWasLostIsOverWhenTheNextBegins) {
  stall(10, 35);
  stalls_.lose(Track::watchdog);
  stall(200, 225);
  EXPECT_EQ(stalls_.stalls().front().end, StallEnd::at_most);
  EXPECT_EQ(stalls_.stalls().front().end_ns, kStart + 200 * kMs);
}

TEST_F(StallsTest, IsFoundByItsBegin) {
  stall(10, 35);
  EXPECT_NE(stalls_.beginning_at(kStart + 10 * kMs), nullptr);
  EXPECT_EQ(stalls_.beginning_at(kStart + 11 * kMs), nullptr);
}

TEST_F(StallsTest, EachThingThatIsLearntChangesItsRevision) {
  stall(10, 35);
  const auto before = only().revision;
  sample(40);
  EXPECT_GT(only().revision, before);
  EXPECT_EQ(only().revision, stalls_.revision());
}

}  // namespace
}  // namespace loopscope::tracer

// The state of a loop as the sum of its events.

#include "tracer/analysis/moment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tracer/analysis/events.h"

namespace loopscope::tracer {
namespace {

using ::testing::ElementsAre;
using testing::kMs;
using ::testing::Pair;

/// What a test says of an event beyond its type.
struct Fields {
  std::uint64_t object = 0;
  std::int64_t value = 0;
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;
  NameId name = kNoName;
  std::int64_t other_ns = 0;
};

class MomentTest : public ::testing::Test {
 protected:
  void tell(EventType type, const Fields& fields = {}, Phase phase = Phase::idle) {
    TraceEvent event;
    event.t_ns = ++t_;
    event.type = type;
    event.phase = phase;
    event.object = fields.object;
    event.value = fields.value;
    event.kind = fields.kind;
    event.flags = fields.flags;
    event.name = fields.name;
    event.other_ns = fields.other_ns;
    moment_.apply(event);
  }
  void level(Level to) { tell(EventType::level_changed, {.kind = static_cast<std::uint8_t>(to)}); }
  void queued(std::uint64_t number, NameId name, std::uint8_t flags = 0) {
    tell(EventType::queued, {.value = static_cast<std::int64_t>(number), .flags = flags, .name = name});
  }
  void begins(NameId name, std::uint8_t flags = kFromQueue) {
    tell(EventType::callback_begin, {.flags = flags, .name = name});
  }
  [[nodiscard]] std::vector<NameId> ready() const {
    std::vector<NameId> names;
    for (const auto& entry : moment_.ready) names.push_back(entry.name);
    return names;
  }

  Moment moment_;
  std::int64_t t_ = 1000;
};

TEST_F(MomentTest, WhoIsQueuedFirstLeavesFirst) {
  level(Level::tasks);
  queued(1, 11);
  queued(2, 12);
  begins(11);
  EXPECT_THAT(ready(), ElementsAre(12U));
  EXPECT_EQ(moment_.running.back().name, 11U);
}

TEST_F(MomentTest, TheCallbackThatRunsHasQueuedWhoJoins) {
  begins(11, 0);
  queued(1, 12);
  EXPECT_EQ(moment_.ready[0].by, QueuedBy::callback);
  EXPECT_EQ(moment_.ready[0].cause.name, 11U);
  queued(2, 13, kOtherThread);
  EXPECT_EQ(moment_.ready[1].by, QueuedBy::other_thread);
  tell(EventType::callback_end);
  queued(3, 14);
  EXPECT_EQ(moment_.ready[2].by, QueuedBy::loop);
}

TEST_F(MomentTest, AQueueThatIsToldOfAnewReplacesWhatWasKnown) {
  queued(1, 11);
  queued(2, 12, kNoticed);
  queued(3, 13, kNoticed);
  EXPECT_THAT(ready(), ElementsAre(12U, 13U));
  EXPECT_EQ(moment_.ready[0].by, QueuedBy::unknown);
}

TEST_F(MomentTest, TheLoopsOwnCountTellsHowManyNobodyToldOf) {
  level(Level::tasks);
  queued(1, 11);
  EXPECT_FALSE(moment_.ready_untold);
  tell(EventType::phase_begin, {.value = 3}, Phase::idle);
  EXPECT_EQ(moment_.ready_untold, 2U);
  begins(99);
  EXPECT_EQ(moment_.ready_untold, 1U);
  EXPECT_THAT(ready(), ElementsAre(11U));
}

TEST_F(MomentTest, BelowLevelTasksTheQueueIsNotKnown) {
  level(Level::tasks);
  tell(EventType::poll_begin);
  queued(1, 11);
  EXPECT_TRUE(moment_.complete.ready);
  level(Level::callbacks);
  EXPECT_FALSE(moment_.complete.ready);
  EXPECT_TRUE(moment_.ready.empty());
  EXPECT_FALSE(moment_.ready_untold);
}

TEST_F(MomentTest, TimersWaitInTheOrderInWhichTheyAreDue) {
  tell(EventType::timer_set, {.object = 1, .other_ns = 30 * kMs});
  tell(EventType::timer_set, {.object = 2, .other_ns = 10 * kMs});
  tell(EventType::timer_set, {.object = 3, .other_ns = 20 * kMs});
  tell(EventType::timer_cancelled, {.object = 3});
  const auto timers = moment_.timers_by_due();
  ASSERT_EQ(timers.size(), 2U);
  EXPECT_EQ(timers[0].first, 2U);
  tell(EventType::timer_fired, {.object = 2});
  EXPECT_THAT(moment_.due, ElementsAre(2U));
  EXPECT_EQ(moment_.timers.size(), 1U);
}

TEST_F(MomentTest, WhatTheKernelIsAskedIsKeptByDescriptor) {
  tell(EventType::watch_changed, {.value = 7, .kind = kWatchesRead});
  tell(EventType::watch_changed, {.value = 8, .kind = kWatchesRead | kWatchesWrite});
  tell(EventType::watch_changed, {.value = 7, .kind = 0});
  EXPECT_THAT(moment_.watched, ElementsAre(Pair(8, kWatchesRead | kWatchesWrite)));
}

TEST_F(MomentTest, AHandleThatClosesMeanwhileWaitsForTheNextClosingPhase) {
  tell(EventType::handle_closing, {.object = 1, .value = 7});
  tell(EventType::phase_begin, {.value = 1}, Phase::closing);
  tell(EventType::handle_closing, {.object = 2, .value = 8}, Phase::closing);
  EXPECT_EQ(moment_.closing.size(), 2U);
  tell(EventType::phase_end, {.value = 1}, Phase::closing);
  ASSERT_EQ(moment_.closing.size(), 1U);
  EXPECT_EQ(moment_.closing[0].fd, 8);
}

TEST_F(MomentTest, ALossMakesEverythingUnknown) {
  level(Level::tasks);
  tell(EventType::poll_begin);
  queued(1, 11);
  begins(11);
  moment_.lose();
  EXPECT_TRUE(moment_.ready.empty() && moment_.running.empty());
  EXPECT_FALSE(moment_.complete.ready || moment_.complete.tasks || moment_.complete.timers);
  EXPECT_FALSE(moment_.level);
  EXPECT_EQ(moment_.t_ns, t_);
}

}  // namespace
}  // namespace loopscope::tracer

#include "gui/model/level_history.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

using tracer::EventType;
using tracer::Level;
using tracer::TraceEvent;

TraceEvent change(std::int64_t t_ns, Level level) {
  TraceEvent event{};
  event.t_ns = t_ns;
  event.type = EventType::level_changed;
  event.kind = static_cast<std::uint8_t>(level);
  return event;
}

TEST(LevelHistory, WithoutAChangeTheLevelInForceHoldsForAllThatIsSeen) {
  LevelHistory levels;
  levels.set_now(Level::phases, 60);
  const auto below = levels.below(Level::callbacks, 100, 200);
  ASSERT_EQ(below.size(), 1U);
  EXPECT_EQ(below[0].begin_ns, 100);
  EXPECT_EQ(below[0].end_ns, 200);
  EXPECT_EQ(below[0].level, Level::phases);
  EXPECT_TRUE(levels.below(Level::phases, 100, 200).empty());
}

TEST(LevelHistory, AFallIsAGapFromThenOn) {
  LevelHistory levels;
  levels.set_now(Level::phases, 160);
  levels.add(change(150, Level::phases));
  const auto below = levels.below(Level::callbacks, 100, 200);
  ASSERT_EQ(below.size(), 1U);
  EXPECT_EQ(below[0].begin_ns, 150);
  EXPECT_EQ(below[0].end_ns, 200);
}

TEST(LevelHistory, WhatWasBeforeTheFirstChangeIsNotClaimed) {
  LevelHistory levels;
  levels.set_now(Level::callbacks, 160);
  levels.add(change(150, Level::callbacks));
  EXPECT_TRUE(levels.below(Level::callbacks, 100, 200).empty());
}

TEST(LevelHistory, BeforeAViewersRaiseThereIsTheLevelThatItFound) {
  LevelHistory levels;
  levels.set_now(Level::phases, 140);
  levels.add(change(150, Level::callbacks));
  levels.set_now(Level::callbacks, 160);
  const auto below = levels.below(Level::callbacks, 100, 200);
  ASSERT_EQ(below.size(), 1U);
  EXPECT_EQ(below[0].begin_ns, 100);
  EXPECT_EQ(below[0].end_ns, 150);
}

TEST(LevelHistory, EveryStretchBelowIsItsOwnWithItsLevel) {
  LevelHistory levels;
  for (const auto& event : {change(10, Level::phases), change(20, Level::off), change(30, Level::tasks),
                            change(40, Level::callbacks), change(50, Level::phases)})
    levels.add(event);
  levels.set_now(Level::phases, 60);
  const auto below = levels.below(Level::callbacks, 0, 60);
  ASSERT_EQ(below.size(), 3U);
  EXPECT_EQ(below[0].level, Level::phases);
  EXPECT_EQ(below[1].level, Level::off);
  EXPECT_EQ(below[1].end_ns, 30);
  EXPECT_EQ(below[2].begin_ns, 50);
  EXPECT_EQ(levels.below(Level::phases, 0, 60).size(), 1U);
}

TEST(LevelHistory, AChangeWhoseEventWasLostHoldsFromWhereItIsSeen) {
  LevelHistory levels;
  levels.add(change(10, Level::callbacks));
  levels.set_now(Level::phases, 40);  // the event may just not have been read
  EXPECT_TRUE(levels.below(Level::callbacks, 0, 60).empty());
  levels.set_now(Level::phases, 50);
  const auto below = levels.below(Level::callbacks, 0, 60);
  ASSERT_EQ(below.size(), 1U);
  EXPECT_EQ(below[0].begin_ns, 50);
}

TEST(LevelHistory, OneLevelIsOneStretchHoweverOftenItIsSaid) {
  LevelHistory levels;
  levels.add(change(10, Level::phases));
  levels.add(change(20, Level::phases));
  EXPECT_EQ(levels.below(Level::callbacks, 0, 60).size(), 1U);
}

}  // namespace
}  // namespace loopscope::gui

#include "gui/model/wheel.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

using tracer::Level;
using tracer::Phase;
using tracer::Present;

float size(const Arc& arc) {
  return arc.to - arc.from;
}

Present present_in(Phase phase, std::int32_t timeout_ms = 0) {
  Present present{};
  present.level = Level::callbacks;
  present.running = 1;
  present.phase = phase;
  present.poll_timeout_ms = timeout_ms;
  return present;
}

TEST(Wheel, TurnsOnceRoundFromTheTop) {
  const auto arcs = wheel_arcs({0.1, 0, 0.3, 0.02, 0.5, 0.05, 0.03});
  EXPECT_FLOAT_EQ(arcs.front().from, -kFullTurn / 4);
  EXPECT_NEAR(arcs.back().to, kFullTurn * 3 / 4, 1e-5);
}

TEST(Wheel, ArcsAreInProportionToTime) {
  const auto arcs = wheel_arcs({0.1, 0.2, 0.4, 0.3});
  EXPECT_NEAR(size(arcs[1]), 2 * size(arcs[0]), 1e-5);
  EXPECT_NEAR(size(arcs[2]), 4 * size(arcs[0]), 1e-5);
  for (const Arc& arc : arcs) EXPECT_FALSE(arc.widened);
}

TEST(Wheel, WhatIsTooSmallToSeeIsWidenedAndSaysSo) {
  const auto arcs = wheel_arcs({0.001, 0, 0.04, 0.002, 0.95, 0.001, 0});
  EXPECT_FLOAT_EQ(size(arcs[1]), kLeastArc);
  EXPECT_TRUE(arcs[0].widened && arcs[1].widened && arcs[3].widened && arcs[5].widened && arcs[6].widened);
  EXPECT_FALSE(arcs[4].widened);
  EXPECT_GT(size(arcs[4]), kFullTurn * 0.7F);
  for (const Arc& arc : arcs) EXPECT_GE(size(arc), kLeastArc * 0.999F);
}

TEST(Wheel, WhatIsNotKnownFavoursNoPhase) {
  const auto arcs = wheel_arcs({0, 0, 0, 0});
  for (const Arc& arc : arcs) {
    EXPECT_NEAR(size(arc), kFullTurn / 4, 1e-5);
    EXPECT_FALSE(arc.widened);
  }
}

TEST(Wheel, SaysHowLongThePollMayStillSleep) {
  EXPECT_EQ(wheel_words(present_in(Phase::poll, 17), 2'900'000, Seen::now).detail, "2.9 ms of 17 ms");
  EXPECT_EQ(wheel_words(present_in(Phase::poll, -1), 2'900'000, Seen::now).detail, "2.9 ms, no limit");
  EXPECT_EQ(wheel_words(present_in(Phase::poll, 0), 2'900'000, Seen::now).detail, "does not sleep");
}

TEST(Wheel, NeverSaysThatAPollSleptMoreOfItsTimeoutThanThereIs) {
  EXPECT_EQ(wheel_words(present_in(Phase::poll, 5), 6'400'000, Seen::now).detail, "1.4 ms over 5 ms");
  EXPECT_EQ(wheel_words(present_in(Phase::poll, 5), 5'000'000, Seen::now).detail, "5.0 ms of 5 ms");
  EXPECT_EQ(wheel_words(present_in(Phase::poll, 300), 7'100'000'000, Seen::now).detail, "6.8 s over 300 ms");
}

TEST(Wheel, SaysHowLongTheLoopIsHeldAlsoWhereThereIsLittleRoom) {
  WheelWords words = wheel_words(present_in(Phase::idle), 0, Seen::now);
  words.held_for("≥ 182 ms");
  EXPECT_EQ(words.detail, "held for ≥ 182 ms");
  EXPECT_EQ(words.brief, "≥ 182 ms");
}

TEST(Wheel, TheHandPointsToThePhaseThatRuns) {
  const Arc arc{1, 2, false};
  EXPECT_FLOAT_EQ(hand_angle(arc, present_in(Phase::timers), 0), 1.5F);
  EXPECT_FLOAT_EQ(hand_angle(arc, present_in(Phase::poll, 100), 25'000'000), 1.25F);
  EXPECT_FLOAT_EQ(hand_angle(arc, present_in(Phase::poll, -1), 25'000'000), 1.5F);
  for (const std::int64_t poll_ns : {std::int64_t{-5}, std::int64_t{0}, std::int64_t{100'000'000'000}}) {
    EXPECT_GT(hand_angle(arc, present_in(Phase::poll, 100), poll_ns), arc.from);
    EXPECT_LT(hand_angle(arc, present_in(Phase::poll, 100), poll_ns), arc.to);
  }
}

TEST(Wheel, CountsHandlesInFewerWordsWhereThereIsLittleRoom) {
  EXPECT_EQ(handles_wordings(13, true), (std::vector<std::string>{"13 handles open", "13 handles"}));
  EXPECT_EQ(handles_wordings(1, true), (std::vector<std::string>{"1 handle open", "1 handle"}));
}

TEST(Wheel, CountsNoHandlesThatItDoesNotKnow) {
  EXPECT_EQ(handles_wordings(0, false), std::vector<std::string>{});
  EXPECT_EQ(handles_wordings(2, false).front(), "≥ 2 handles open");
  EXPECT_EQ(handles_wordings(0, true).front(), "0 handles open");
}

TEST(Wheel, AtLevelOffItClaimsNoPhase) {
  Present present = present_in(Phase::poll, 17);
  present.level = Level::off;
  EXPECT_EQ(wheel_words(present, 5, Seen::now).where, "NOT RECORDED");
  EXPECT_EQ(wheel_words(present, 5, Seen::now).detail, "tracing is off");
}

TEST(Wheel, NeverSaysIdleOfALoopThatWorks) {
  for (const Seen seen : {Seen::now, Seen::at_the_end}) {
    const WheelWords words = wheel_words(present_in(Phase::idle), 0, seen);
    EXPECT_EQ(words.where, "READY QUEUE");
    EXPECT_EQ(words.term, "idle phase") << "libuv's word stays visible";
  }
  EXPECT_EQ(wheel_words(present_in(Phase::poll, 0), 0, Seen::now).term, "");
}

TEST(Wheel, SaysWhereAnEndedProgramWas) {
  EXPECT_EQ(wheel_words(present_in(Phase::timers), 0, Seen::at_the_end).where, "TIMERS");
  EXPECT_EQ(wheel_words(present_in(Phase::timers), 0, Seen::at_the_end).detail, "when it ended");
  EXPECT_EQ(wheel_words(present_in(Phase::timers), 0, Seen::last).detail, "when last seen") << "it lives on";
}

}  // namespace
}  // namespace loopscope::gui

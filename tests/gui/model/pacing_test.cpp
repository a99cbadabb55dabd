#include "gui/model/pacing.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

TEST(Pacing, DrawsSixtyFramesASecondOnAGpuAndNotManyMore) {
  EXPECT_LT(frame_interval({}), 1.0 / 60);
  EXPECT_GT(frame_interval({}), 1.0 / 70);
}

TEST(Pacing, SpendsAFifthOfACoreOnSoftwareRenderingAndHalfWhileSomebodyUsesTheMouse) {
  for (const double cost : {0.005, 0.02, 0.05, 0.1, 0.2}) {
    PacingState state;
    state.software = true;
    state.frame_cost = cost;
    EXPECT_LE(cost / frame_interval(state), 0.5 + 1e-9) << cost;
    state.since_input = 5;
    EXPECT_LE(cost / frame_interval(state), 0.2 + 1e-9) << cost;
  }
}

TEST(Pacing, SpendsLittleWhereOnlyTimeGoesOn) {
  for (const double cost : {0.001, 0.02, 0.05, 0.1}) {
    PacingState state;
    state.motion = Motion::idle;
    state.since_input = 5;
    state.frame_cost = cost;
    EXPECT_LE(cost / frame_interval(state), 0.03) << cost;
    EXPECT_GE(frame_interval(state), 0.1);
  }
}

TEST(Pacing, DrawsNothingWhereNothingChangesOrNobodyCanSee) {
  PacingState paused;
  paused.motion = Motion::still;
  paused.since_input = 5;
  EXPECT_EQ(frame_interval(paused), kNever);
  PacingState iconified;
  iconified.iconified = true;
  EXPECT_EQ(frame_interval(iconified), kNever);
}

TEST(Pacing, AnswersTheMouseAtOnceEvenWhenPaused) {
  PacingState state;
  state.motion = Motion::still;
  state.since_input = 0.1;
  EXPECT_LT(frame_interval(state), 1.0 / 60);
}

constexpr std::uint64_t kRing = 262'144;

/// The most that a steady program can write between two reads, as a share of the ring.
double filled(double events_a_second) {
  ReadingState state{0, 0.01, kRing, 0.01};
  double most = 0;
  for (int i = 0; i < 100; ++i) {
    state.events = static_cast<std::uint64_t>(events_a_second * state.interval);
    state.seconds = state.interval;
    most = std::max(most, static_cast<double>(state.events) / kRing);
    state.interval = reading_interval(state);
  }
  return most;
}

TEST(ReadingPace, LeavesTheRingMostlyEmptyAtAnyRateThatProgramsReach) {
  for (const double rate : {1e3, 3e5, 1e6, 5e6}) EXPECT_LT(filled(rate), 0.2) << rate;
}

TEST(ReadingPace, SlowsDownWhileNothingComesAndWakesAtOnce) {
  ReadingState state{0, 0.05, kRing, 0.001};
  for (int i = 0; i < 20; ++i) state.interval = reading_interval(state);
  EXPECT_GE(state.interval, 0.04) << "at most 25 reads a second";
  EXPECT_LE(state.interval, 0.1) << "a lease is renewed in time";
  state.events = 10;
  EXPECT_LE(reading_interval(state), 0.02);
}

TEST(ReadingPace, NeverSpinsHoweverFastTheRingFills) {
  EXPECT_GE(reading_interval({1U << 30U, 0.001, 1, 0.001}), 0.001);
}

}  // namespace
}  // namespace loopscope::gui

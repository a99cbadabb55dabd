#include "gui/pacing.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

TEST(Pacing, DrawsSixtyFramesASecondOnAGpuAndNotManyMore) {
  EXPECT_LT(frame_interval({}), 1.0 / 60);
  EXPECT_GT(frame_interval({}), 1.0 / 70);
}

TEST(Pacing, SpendsAtMostHalfACoreOnSoftwareRendering) {
  for (const double cost : {0.005, 0.02, 0.05, 0.1, 0.2}) {
    PacingState state;
    state.software = true;
    state.frame_cost = cost;
    EXPECT_LE(cost / frame_interval(state), 0.5 + 1e-9) << cost;
  }
}

TEST(Pacing, DrawsLessWhenNothingChangesOrNobodyLooks) {
  PacingState quiet;
  quiet.quiet = true;
  quiet.since_input = 5;
  EXPECT_GE(frame_interval(quiet), 0.1);
  PacingState paused;
  paused.paused = true;
  paused.since_input = 5;
  EXPECT_GE(frame_interval(paused), 0.2);
  PacingState iconified;
  iconified.iconified = true;
  EXPECT_GE(frame_interval(iconified), 0.5);
}

TEST(Pacing, AnswersTheMouseAtOnceEvenWhenPaused) {
  PacingState state;
  state.paused = state.quiet = true;
  state.since_input = 0.1;
  EXPECT_LT(frame_interval(state), 1.0 / 60);
}

}  // namespace
}  // namespace loopscope::gui

#include "gui/timeline/viewport.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

constexpr std::int64_t kMs = 1'000'000;

TEST(Viewport, MapsItsEdgesToItsPixels) {
  const Viewport viewport(5'000 * kMs, 7'000 * kMs, 100, 1100);
  EXPECT_FLOAT_EQ(viewport.to_x(5'000 * kMs), 100);
  EXPECT_FLOAT_EQ(viewport.to_x(7'000 * kMs), 1100);
  EXPECT_EQ(viewport.to_ns(600), 6'000 * kMs);
}

TEST(Viewport, KeepsTheMomentUnderTheCursorWhenItZooms) {
  Viewport viewport(5'000 * kMs, 7'000 * kMs, 100, 1100);
  for (const double factor : {1.5, 3.0, 0.2, 40.0, 0.01}) {
    const std::int64_t moment = viewport.to_ns(345);
    viewport.zoom(factor, 345);
    EXPECT_NEAR(viewport.to_x(moment), 345, 0.6) << factor;
  }
}

TEST(Viewport, ZoomsNoFurtherThanItsLimits) {
  Viewport viewport(0, 1'000 * kMs, 0, 1000);
  for (int i = 0; i < 200; ++i) viewport.zoom(2, 500);
  EXPECT_EQ(viewport.span_ns(), Viewport::kShortestNs);
  for (int i = 0; i < 200; ++i) viewport.zoom(0.5, 500);
  EXPECT_EQ(viewport.span_ns(), Viewport::kLongestNs);
}

TEST(Viewport, PansByPixels) {
  Viewport viewport(0, 1'000 * kMs, 0, 1000);
  viewport.pan(250);
  EXPECT_EQ(viewport.begin_ns(), 250 * kMs);
}

TEST(Viewport, FollowsTheNewestMomentAtItsRightEdge) {
  Viewport viewport(0, 1'000 * kMs, 0, 1000);
  viewport.follow(90'000 * kMs);
  EXPECT_EQ(viewport.end_ns(), 90'000 * kMs);
  EXPECT_EQ(viewport.span_ns(), 1'000 * kMs);
}

TEST(Viewport, CannotBeDraggedAwayFromTheData) {
  Viewport viewport(0, 1'000 * kMs, 0, 1000);
  viewport.pan(1e7F);
  viewport.stay_near(0, 10'000 * kMs);
  EXPECT_LE(viewport.begin_ns(), 10'000 * kMs);
  viewport.pan(-1e7F);
  viewport.stay_near(0, 10'000 * kMs);
  EXPECT_GE(viewport.end_ns(), 0);
}

TEST(Viewport, NeitherPanningNorZoomingShowsTheFuture) {
  Viewport viewport(9'000 * kMs, 10'000 * kMs, 0, 1000);
  viewport.pan(400);
  viewport.stay_near(0, 10'000 * kMs);
  EXPECT_EQ(viewport.end_ns(), 10'000 * kMs);
  viewport.zoom(0.25, 100);
  viewport.stay_near(0, 10'000 * kMs);
  EXPECT_EQ(viewport.end_ns(), 10'000 * kMs);
  EXPECT_EQ(viewport.span_ns(), 4'000 * kMs);
}

TEST(Viewport, AViewLongerThanWhatThereIsEndsNow) {
  Viewport viewport(0, 60'000 * kMs, 0, 1000);
  viewport.stay_near(9'900 * kMs, 10'000 * kMs);
  EXPECT_EQ(viewport.end_ns(), 10'000 * kMs);
}

}  // namespace
}  // namespace loopscope::gui

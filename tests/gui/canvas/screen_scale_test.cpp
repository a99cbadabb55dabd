#include "gui/canvas/screen_scale.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

constexpr float kSmallestTextPx = 12;

TEST(ScreenScale, TheDesignsOwnSizeIsOne) {
  EXPECT_FLOAT_EQ(screen_scale({1600, 1000}, 1, 1), 1);
}

TEST(ScreenScale, AScreenOfFourTimesThePixelsDoesNotKeepTheSmallText) {
  EXPECT_GE(screen_scale({3840, 2160}, 1, 1) * kSmallestTextPx, 20);
}

TEST(ScreenScale, ASmallWindowMakesTextLittleSmaller) {
  EXPECT_GE(screen_scale({800, 520}, 1, 1) * kSmallestTextPx, 10);
}

TEST(ScreenScale, WhatTheDesktopAsksForCounts) {
  EXPECT_FLOAT_EQ(screen_scale({3840, 2160}, 2, 1), 2);
  EXPECT_FLOAT_EQ(screen_scale({1600, 1000}, 1.5F, 1), 1.5F);
}

TEST(ScreenScale, TheUserHasTheLastWord) {
  EXPECT_FLOAT_EQ(screen_scale({1600, 1000}, 1, 1.7F), 1.7F);
  EXPECT_LE(screen_scale({7680, 4320}, 1, 3), 4);
}

TEST(ScreenScale, TextIsNeverLargerThanTheWindowCanHold) {
  for (const Point size : {Point{800, 520}, {1024, 640}, {1600, 1000}, {3840, 2160}, {600, 2000}}) {
    for (const float wanted : {1.0F, 1.7F, 3.0F}) {
      const float scale = screen_scale(size, 1, wanted);
      EXPECT_TRUE(scale <= 0.6F || (size.x / scale >= kLeastDesign.x - 1 && size.y / scale >= kLeastDesign.y - 1))
          << size.x << "x" << size.y << " at " << wanted;
    }
  }
}

TEST(ScreenScale, SaysHowMuchLargerTextCanGet) {
  const Point small{1024, 640};
  const float most = most_wanted(small, 1);
  EXPECT_LT(most, 1.7F) << "the presenter size does not fit";
  EXPECT_FLOAT_EQ(screen_scale(small, 1, most), screen_scale(small, 1, 3));
  EXPECT_LT(screen_scale(small, 1, most / 1.1F), screen_scale(small, 1, most));
  EXPECT_GT(most_wanted({1600, 1000}, 1), 1.7F);
}

}  // namespace
}  // namespace loopscope::gui

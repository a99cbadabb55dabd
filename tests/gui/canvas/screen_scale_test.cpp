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

}  // namespace
}  // namespace loopscope::gui

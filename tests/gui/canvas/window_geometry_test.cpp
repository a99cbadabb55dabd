#include "gui/canvas/window_geometry.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

constexpr WindowGeometry kX11{{1600, 1000}, {1600, 1000}, 2};
constexpr WindowGeometry kWayland{{1600, 1000}, {3200, 2000}, 2};
constexpr WindowGeometry kFraction{{1600, 1000}, {2400, 1500}, 1.5F};

TEST(WindowGeometry, LetsTheMouseReachEveryCornerOfThePicture) {
  for (const WindowGeometry& window : {kX11, kWayland, kFraction}) {
    const Point corner = window.to_pixels(window.units);
    EXPECT_FLOAT_EQ(corner.x, window.pixels.x);
    EXPECT_FLOAT_EQ(corner.y, window.pixels.y);
    EXPECT_FLOAT_EQ(window.to_pixels({0, 0}).x, 0);
  }
}

TEST(WindowGeometry, KnowsThatAUnitIsAPixelOnX11WhateverTheScale) {
  EXPECT_FLOAT_EQ(kX11.to_pixels({123, 45}).x, 123);
  EXPECT_FLOAT_EQ(kX11.to_pixels({123, 45}).y, 45);
}

TEST(WindowGeometry, KnowsThatAUnitIsSeveralPixelsOnWayland) {
  EXPECT_FLOAT_EQ(kWayland.to_pixels({123, 45}).x, 246);
  EXPECT_FLOAT_EQ(kFraction.to_pixels({100, 45}).x, 150);
}

TEST(WindowGeometry, HasNoPictureWhileTheWindowHasNoSize) {
  const WindowGeometry minimised{{0, 0}, {0, 0}, 1};
  EXPECT_FALSE(minimised.visible());
  EXPECT_FLOAT_EQ(minimised.to_pixels({5, 5}).x, 0);
  EXPECT_TRUE(kWayland.visible());
}

}  // namespace
}  // namespace loopscope::gui

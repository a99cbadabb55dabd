#pragma once
/// The scale of text and everything else. Pure. Units: pixels of the framebuffer; scale 1 is the design's 1600x1000.

#include <algorithm>

#include "gui/canvas/geometry.h"

namespace loopscope::gui {

/// The least design that shows every card: a window holds no larger text than leaves it this much room.
inline constexpr Point kLeastDesign{860, 540};

/// The scale at the user's factor 1. `monitor`: the scale that the desktop asks for; 1 may mean that nobody set one.
/// If the desktop asks for no scale, the size of the window decides. Of what a window is larger than the design, three quarters
/// go into larger text and a quarter into more content.
inline float plain_scale(Point size, float monitor) {
  const float fit = std::min(size.x / 1600, size.y / 1000);
  const float by_size = fit > 1 ? 1 + (fit - 1) * 0.75F : std::max(fit, 0.86F);
  return monitor > 1 ? monitor : by_size;
}

/// The largest scale that the window can hold.
inline float most_scale(Point size) {
  return std::clamp(std::min(size.x / kLeastDesign.x, size.y / kLeastDesign.y), 0.6F, 4.0F);
}

/// `wanted`: the user's own factor.
inline float screen_scale(Point size, float monitor, float wanted) {
  return std::clamp(plain_scale(size, monitor) * wanted, 0.6F, most_scale(size));
}

/// The largest factor that still makes a difference in this window.
inline float most_wanted(Point size, float monitor) {
  return most_scale(size) / plain_scale(size, monitor);
}

}  // namespace loopscope::gui

#pragma once
/// The scale of text and everything else. Pure. Units: pixels of the framebuffer; scale 1 is the design's 1600x1000.

#include <algorithm>

#include "gui/canvas/geometry.h"

namespace loopscope::gui {

/// `monitor`: the scale that the desktop asks for; 1 may mean that nobody set one. `wanted`: the user's own factor.
/// If the desktop asks for no scale, the size of the window decides. Of what a window is larger than the design, three quarters
/// go into larger text and a quarter into more content.
inline float screen_scale(Point size, float monitor, float wanted) {
  const float fit = std::min(size.x / 1600, size.y / 1000);
  const float by_size = fit > 1 ? 1 + (fit - 1) * 0.75F : std::max(fit, 0.86F);
  return std::clamp((monitor > 1 ? monitor : by_size) * wanted, 0.6F, 4.0F);
}

}  // namespace loopscope::gui

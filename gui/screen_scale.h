#pragma once
/// How large text and everything else is drawn. Pure. Units: pixels of the framebuffer; a scale of 1 is the design's 1600x1000.

#include <algorithm>

#include "gui/geometry.h"

namespace loopscope::gui {

/// `monitor`: the scale that the desktop asks for; 1 may only mean that nobody set one. `wanted`: the user's own factor.
/// A larger window gives three quarters of what it has more to larger text, and a quarter to more of the picture.
inline float screen_scale(Point size, float monitor, float wanted) {
  const float fit = std::min(size.x / 1600, size.y / 1000);
  const float by_size = fit > 1 ? 1 + (fit - 1) * 0.75F : std::max(fit, 0.86F);
  return std::clamp((monitor > 1 ? monitor : by_size) * wanted, 0.6F, 4.0F);
}

}  // namespace loopscope::gui

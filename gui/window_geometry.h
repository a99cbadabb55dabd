#pragma once
/// The three measures of a window, by name. Pure.
///
/// *Window units* are what the window system counts in: sizes of windows, positions of the mouse. *Pixels* are the
/// framebuffer's, and what this app draws in. *Scale* is how many pixels a design pixel has, so that text is as large as the
/// user told the desktop. On X11 a unit is a pixel, also where the scale is 2. On Wayland a unit is scale pixels.

#include "gui/geometry.h"

namespace loopscope::gui {

struct WindowGeometry {
  Point units;      ///< the window's size
  Point pixels;     ///< the framebuffer's size
  float scale = 1;  ///< the desktop's: 1, 1.5, 2, …

  [[nodiscard]] bool visible() const { return units.x >= 1 && units.y >= 1 && pixels.x >= 1 && pixels.y >= 1; }
  /// Where a place in window units lies in the picture.
  [[nodiscard]] Point to_pixels(Point at) const {
    return visible() ? Point{at.x * pixels.x / units.x, at.y * pixels.y / units.y} : Point{};
  }
};

}  // namespace loopscope::gui

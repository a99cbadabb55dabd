#pragma once
/// The three measures of a window, by name. Pure.
///
/// The window system uses *window units* for sizes of windows and positions of the mouse. *Pixels* are those of the
/// framebuffer, and this app draws in them. *Scale* is the number of pixels for a design pixel, so that text has the size that
/// the user chose for the desktop. On X11 a unit is a pixel, even where the scale is 2. On Wayland a unit is `scale` pixels.

#include "gui/canvas/geometry.h"

namespace loopscope::gui {

struct WindowGeometry {
  Point units;      ///< the window's size
  Point pixels;     ///< the framebuffer's size
  float scale = 1;  ///< set by the desktop: 1, 1.5, 2, …

  [[nodiscard]] bool visible() const { return units.x >= 1 && units.y >= 1 && pixels.x >= 1 && pixels.y >= 1; }
  /// A place in window units as a place in the picture.
  [[nodiscard]] Point to_pixels(Point at) const {
    return visible() ? Point{at.x * pixels.x / units.x, at.y * pixels.y / units.y} : Point{};
  }
};

}  // namespace loopscope::gui

#pragma once
/// Points and rectangles of the screen, for code that knows no toolkit. Units: pixels, y downwards.

#include <algorithm>

namespace loopscope::gui {

struct Point {
  float x = 0;
  float y = 0;
};

struct Rect {
  float x0 = 0;
  float y0 = 0;
  float x1 = 0;
  float y1 = 0;

  [[nodiscard]] float width() const { return x1 - x0; }
  [[nodiscard]] float height() const { return y1 - y0; }
  [[nodiscard]] Point centre() const { return {(x0 + x1) / 2, (y0 + y1) / 2}; }
  [[nodiscard]] bool contains(Point p) const { return p.x >= x0 && p.x < x1 && p.y >= y0 && p.y < y1; }
  [[nodiscard]] Rect inset(float d) const { return {x0 + d, y0 + d, x1 - d, y1 - d}; }
  [[nodiscard]] Rect inset(float dx, float dy) const { return {x0 + dx, y0 + dy, x1 - dx, y1 - dy}; }

  /// Cuts a strip off this rectangle and answers the strip.
  Rect cut_top(float h) {
    const Rect strip{x0, y0, x1, std::min(y0 + h, y1)};
    y0 = strip.y1;
    return strip;
  }
  Rect cut_bottom(float h) {
    const Rect strip{x0, std::max(y1 - h, y0), x1, y1};
    y1 = strip.y0;
    return strip;
  }
  Rect cut_left(float w) {
    const Rect strip{x0, y0, std::min(x0 + w, x1), y1};
    x0 = strip.x1;
    return strip;
  }
  Rect cut_right(float w) {
    const Rect strip{std::max(x1 - w, x0), y0, x1, y1};
    x1 = strip.x0;
    return strip;
  }
};

}  // namespace loopscope::gui

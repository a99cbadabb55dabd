#pragma once
/// Draws for the views: text in a few faces, shapes, cards, buttons, tooltips.
///
/// It draws everything into one list for the whole window, and an overlay above it; there are no toolkit windows. A Painter
/// lives for one frame.
/// Thread: the app's one. Owner: of nothing. Errors: none. Units: pixels of the framebuffer.

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gui/canvas/geometry.h"
#include "gui/canvas/theme.h"

struct ImDrawList;
struct ImFont;

namespace loopscope::gui {

enum class Face : std::uint8_t {
  tiny,
  small,
  body,
  strong,
  title,
  hero,
  mono_tiny,
  mono_small,
  mono,
  mono_strong
};
inline constexpr std::size_t kFaceCount = 10;

struct LoadedFace {
  ImFont* font = nullptr;
  float size = 13;
  std::set<char32_t>* missing = nullptr;  ///< collects characters without a glyph; may be null
};
using Faces = std::array<LoadedFace, kFaceCount>;

/// The mouse in this frame.
struct Pointer {
  Point at{-1, -1};
  bool pressed = false;  ///< the button went down in this frame
  bool released = false;
  bool down = false;
  float wheel = 0;
  float wheel_sideways = 0;
  bool ctrl = false;
};

/// Which part of a text an ellipsis replaces.
enum class Cut : std::uint8_t { end, front };
enum class Align : std::uint8_t { left, centre, right };

class Painter {
 public:
  Painter(ImDrawList* list, ImDrawList* overlay, const Faces& faces, const Theme& theme, float scale,
          const Pointer& pointer)
      : list_(list), overlay_(overlay), faces_(faces), theme_(theme), scale_(scale), pointer_(pointer) {}

  [[nodiscard]] const Theme& theme() const { return theme_; }
  [[nodiscard]] const Pointer& pointer() const { return pointer_; }
  [[nodiscard]] float px(float design) const { return design * scale_; }  ///< design pixels in pixels

  [[nodiscard]] float width(Face face, std::string_view text) const;
  [[nodiscard]] float height(Face face) const { return faces_[static_cast<std::size_t>(face)].size; }
  /// Draws at `p`, which is the left end, centre or right end of the text and its vertical middle. Answers the width.
  float text(Point p, Face face, Color color, std::string_view text, Align align = Align::left);
  /// The text cut to `most` pixels; empty if no part of it fits.
  [[nodiscard]] std::string shortened(Face face, std::string_view text, float most, Cut cut = Cut::end) const;
  /// As text(), but cut with an ellipsis to `most` pixels. `cut` tells whether it was cut.
  float text_fit(Point p, Face face, Color color, std::string_view text, float most, Align align = Align::left,
                 bool* cut = nullptr);
  /// As text_fit(), but cut at the front, because the end of a qualified name tells more.
  float name_fit(Point p, Face face, Color color, std::string_view name, float most, Align align = Align::left,
                 bool* cut = nullptr);
  /// Several lines, broken at spaces. The last one is cut if they do not fit. Answers the height used.
  float text_wrapped(Rect area, Face face, Color color, std::string_view text);
  /// How many lines text_wrapped() needs without a limit of height.
  [[nodiscard]] std::size_t wrapped_lines(Face face, std::string_view text, float most) const;

  void fill(const Rect& rect, Color color, float rounding = 0);
  void outline(const Rect& rect, Color color, float rounding = 0, float thickness = 1);
  void line(Point a, Point b, Color color, float thickness = 1);
  void dashed(Point a, Point b, Color color, float dash, float thickness = 1);
  void hatch(const Rect& rect, Color color, float spacing);
  void polyline(const std::vector<Point>& points, Color color, float thickness);
  /// The area under a line, down to `base_y`. Points in order of x.
  void area(const std::vector<Point>& points, float base_y, Color color);
  void dot(Point centre, float radius, Color color);
  /// A piece of a ring; angles in radians, 0 to the right, clockwise.
  void ring(Point centre, float inner, float outer, float from, float to, Color color);
  void ring_outline(Point centre, float inner, float outer, float from, float to, Color color, float thickness);
  /// Shapes tell severities apart: an alarm is a triangle, a warning a diamond.
  void triangle_mark(Point centre, float size, Color color);
  void diamond_mark(Point centre, float size, Color color);
  void tick_mark(Point centre, float size, Color color);
  void cross_mark(Point centre, float size, Color color);
  void push_clip(const Rect& rect);
  void pop_clip();

  /// Draws a card with its title row. Answers the area inside.
  Rect card(const Rect& rect, std::string_view title, std::string_view note = {});
  /// True when it is clicked. The button shows the shortcut `key`, which may be empty.
  bool button(const Rect& rect, std::string_view label, std::string_view key, bool active = false);
  [[nodiscard]] float button_width(std::string_view label, std::string_view key) const;

  [[nodiscard]] bool hovers(const Rect& rect) const { return rect.contains(pointer_.at); }
  [[nodiscard]] bool clicks(const Rect& rect) const { return pointer_.pressed && hovers(rect); }

  /// Sets the lines that draw_tooltip() shows beside the mouse. The last call in a frame wins.
  void tooltip(std::vector<std::string> lines) { tooltip_ = std::move(lines); }
  void draw_tooltip(const Rect& window);
  void into_overlay() { std::swap(list_, overlay_); }
  /// Ignores the mouse from now on, because something else lies on top.
  void block_pointer() { pointer_ = {}; }

 private:
  ImDrawList* list_;
  ImDrawList* overlay_;
  const Faces& faces_;
  const Theme& theme_;
  float scale_;
  Pointer pointer_;
  std::vector<std::string> tooltip_;
};

}  // namespace loopscope::gui

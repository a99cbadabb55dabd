#pragma once
/// Colours in three roles: phases (one hue each, after Okabe and Ito), severities, neutral. Nothing is told by colour alone:
/// sleep in poll is hatched, a callback that held the loop is outlined, a warning is a diamond and an alarm a triangle.
/// tests/gui/theme_test.cpp checks that text has a contrast of 4.5:1, and that severities differ for people with deuteranopia.
/// Thread: any. Errors: none.

#include <cstdint>
#include <string>

#include "tracer/analysis/slices.h"

namespace loopscope::gui {

/// 0xAABBGGRR, as the renderer wants it.
using Color = std::uint32_t;

constexpr Color rgb(std::uint32_t hex, std::uint32_t alpha = 255) {
  return (alpha << 24) | ((hex & 0xFF) << 16) | (hex & 0xFF00) | ((hex >> 16) & 0xFF);
}
constexpr Color with_alpha(Color color, float alpha) {
  const auto a = static_cast<std::uint32_t>(static_cast<float>(color >> 24) * alpha);
  return (color & 0x00FFFFFFU) | (a << 24);
}
/// A mix of both with `share` of `b`, opaque.
Color mix(Color a, Color b, float share);

/// Black or white, whichever is easier to read on `ground`.
Color readable_on(Color ground);

struct Theme {
  bool dark = true;
  Color window, header, line, card, card_line, inset, button, button_hover, key;
  Color text, text_dim, text_faint;
  Color track;  ///< behind bars
  Color grid;
  Color accent, live;
  Color warning, alarm, alarm_fill;  ///< for shapes
  Color warning_text, alarm_text;    ///< for words
  Color iteration_even, iteration_odd;
  Color read, write;

  [[nodiscard]] Color phase(tracer::Phase phase) const;
  [[nodiscard]] Color activity(tracer::Activity activity) const;
};

Theme dark_theme();
Theme light_theme();

}  // namespace loopscope::gui

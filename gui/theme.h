#pragma once
/// Colours, in three roles: phase (one hue each, after Okabe and Ito), severity, neutral. Never colour alone:
/// poll's sleep is hatched, what held the loop is outlined, a warning is a diamond and an alarm a triangle.
/// tests/gui/theme_test.cpp holds text to a contrast of 4.5:1, and severities to differ for those who see no green.
/// Thread: any. Errors: none.

#include <cstdint>
#include <string>

#include "tracer/analysis/slices.h"

namespace loopscope::gui {

/// 0xAABBGGRR, as the renderer takes it.
using Color = std::uint32_t;

constexpr Color rgb(std::uint32_t hex, std::uint32_t alpha = 255) {
  return (alpha << 24) | ((hex & 0xFF) << 16) | (hex & 0xFF00) | ((hex >> 16) & 0xFF);
}
constexpr Color with_alpha(Color color, float alpha) {
  const auto a = static_cast<std::uint32_t>(static_cast<float>(color >> 24) * alpha);
  return (color & 0x00FFFFFFU) | (a << 24);
}
/// `share` of `b` over `a`, opaque.
Color mix(Color a, Color b, float share);

/// Black or white, whichever can be read better on `ground`.
Color readable_on(Color ground);

struct Theme {
  bool dark = true;
  Color window, header, line, card, card_line, inset, button, button_hover, key;
  Color text, text_dim, text_faint;
  Color track;  ///< behind bars
  Color grid;
  Color accent, live;
  Color warning, alarm, alarm_fill;  ///< of shapes
  Color warning_text, alarm_text;    ///< of words
  Color iteration_even, iteration_odd;
  Color read, write;

  [[nodiscard]] Color phase(tracer::Phase phase) const;
  [[nodiscard]] Color activity(tracer::Activity activity) const;
};

Theme dark_theme();
Theme light_theme();

}  // namespace loopscope::gui

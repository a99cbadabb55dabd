#include "gui/canvas/theme.h"

#include <cmath>

namespace loopscope::gui {

using tracer::Activity;
using tracer::Phase;

Color mix(Color a, Color b, float share) {
  Color mixed = 0xFF000000U;
  for (unsigned shift = 0; shift < 24; shift += 8) {
    const float from = static_cast<float>((a >> shift) & 0xFF);
    const float to = static_cast<float>((b >> shift) & 0xFF);
    mixed |= static_cast<Color>(std::lround(from + (to - from) * share)) << shift;
  }
  return mixed;
}

Color readable_on(Color ground) {
  const auto light = [ground](unsigned shift) {
    const float c = static_cast<float>((ground >> shift) & 0xFF) / 255.0F;
    return c <= 0.04045F ? c / 12.92F : std::pow((c + 0.055F) / 1.055F, 2.4F);
  };
  const float luminance = 0.2126F * light(0) + 0.7152F * light(8) + 0.0722F * light(16);
  return luminance > 0.179F ? rgb(0x000000) : rgb(0xFFFFFF);  // the luminance at which both have the same contrast
}

Color Theme::phase(Phase which) const {
  switch (which) {
    case Phase::timers:
      return rgb(dark ? 0xE69F00 : 0xD18F00);
    case Phase::pending:
      return rgb(dark ? 0xCC79A7 : 0xB9608F);
    case Phase::idle:
      return rgb(dark ? 0x56B4E9 : 0x2F93CE);
    case Phase::prepare:
      return rgb(dark ? 0x9AA3B5 : 0x7D879A);
    case Phase::poll:
      return rgb(dark ? 0x2F6F8F : 0x5B93AE);
    case Phase::check:
      return rgb(dark ? 0xF0E442 : 0xC2B200);
    case Phase::closing:
      return rgb(dark ? 0xD55E00 : 0xC95700);
    case Phase::none:
      break;
  }
  return text_faint;
}

Color Theme::activity(Activity which) const {
  switch (which) {
    case Activity::poll_asleep:
      return dark ? rgb(0x2F6F8F) : rgb(0x7FB0C6);
    case Activity::poll_no_sleep:
      return dark ? rgb(0x3D8A9E) : rgb(0x4D9DB0);
    case Activity::poll_io:
      return dark ? rgb(0x009E73) : rgb(0x008F68);
    case Activity::gil_wait:
      return dark ? rgb(0x8F566A) : rgb(0xA0627A);
    case Activity::stopped:
      return text_faint;
    case Activity::between:
      return dark ? rgb(0x6A7386) : rgb(0x9098A8);
    case Activity::unknown:
      return track;
    default:
      return phase(phase_of(which));
  }
}

Theme dark_theme() {
  Theme theme;
  theme.dark = true;
  theme.window = rgb(0x12141A);
  theme.header = rgb(0x0F1116);
  theme.line = rgb(0x1A1E27);
  theme.card = rgb(0x191C24);
  theme.card_line = rgb(0x262A35);
  theme.inset = rgb(0x1F232D);
  theme.button = rgb(0x222734);
  theme.button_hover = rgb(0x2D3444);
  theme.key = rgb(0x12141A);
  theme.text = rgb(0xE8EAF0);
  theme.text_dim = rgb(0xA9B1C1);
  theme.text_faint = rgb(0x8790A3);
  theme.track = rgb(0x222734);
  theme.grid = rgb(0x232732);
  theme.accent = rgb(0x56B4E9);
  theme.live = rgb(0x35D0A0);
  theme.warning = rgb(0xFFC53D);
  theme.warning_text = rgb(0xFFC53D);
  theme.alarm = rgb(0xFF4D5E);
  theme.alarm_text = rgb(0xFF8E9A);
  theme.alarm_fill = rgb(0x3A1B24);
  theme.iteration_even = rgb(0x343B4D);
  theme.iteration_odd = rgb(0x2A3040);
  theme.read = rgb(0x00A87A);
  theme.write = rgb(0xE6A81F);
  return theme;
}

Theme light_theme() {
  Theme theme;
  theme.dark = false;
  theme.window = rgb(0xEEF0F4);
  theme.header = rgb(0xFFFFFF);
  theme.line = rgb(0xDDE1E8);
  theme.card = rgb(0xFFFFFF);
  theme.card_line = rgb(0xD9DDE5);
  theme.inset = rgb(0xF3F5F8);
  theme.button = rgb(0xE8EBF1);
  theme.button_hover = rgb(0xDCE1EA);
  theme.key = rgb(0xFFFFFF);
  theme.text = rgb(0x161A22);
  theme.text_dim = rgb(0x454D5E);
  theme.text_faint = rgb(0x606979);
  theme.track = rgb(0xE6E9EF);
  theme.grid = rgb(0xE7EAF0);
  theme.accent = rgb(0x1769A0);
  theme.live = rgb(0x00755A);
  theme.warning = rgb(0xD99A00);
  theme.warning_text = rgb(0x8A5A00);
  theme.alarm = rgb(0xC8163A);
  theme.alarm_text = rgb(0xB91F31);
  theme.alarm_fill = rgb(0xFDE7EA);
  theme.iteration_even = rgb(0xC9D0DC);
  theme.iteration_odd = rgb(0xDBE0E9);
  theme.read = rgb(0x008F68);
  theme.write = rgb(0xC98A00);
  return theme;
}

}  // namespace loopscope::gui

#pragma once
/// What people can tell apart: contrast after WCAG 2, deuteranopia after Machado, Oliveira and Fernandes (2009), distance in
/// CIE Lab (1976). Thread: any. Errors: none.

#include <algorithm>
#include <array>
#include <cmath>

#include "gui/canvas/theme.h"

namespace loopscope::testing {

using Triple = std::array<double, 3>;

inline Triple linear(gui::Color color) {
  Triple light{};
  for (unsigned i = 0; i < 3; ++i) {
    const double c = static_cast<double>((color >> (8 * i)) & 0xFF) / 255;
    light[i] = c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  }
  return light;
}

inline double luminance(const Triple& light) {
  return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2];
}

/// From 1 (the same) to 21 (black on white).
inline double contrast(gui::Color a, gui::Color b) {
  const double left = luminance(linear(a));
  const double right = luminance(linear(b));
  return (std::max(left, right) + 0.05) / (std::min(left, right) + 0.05);
}

inline Triple as_a_deuteranope_sees(const Triple& light) {
  constexpr std::array<Triple, 3> kRows{
      {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}};
  Triple seen{};
  for (std::size_t i = 0; i < 3; ++i)
    seen[i] = std::clamp(kRows[i][0] * light[0] + kRows[i][1] * light[1] + kRows[i][2] * light[2], 0.0, 1.0);
  return seen;
}

inline Triple lab(const Triple& light) {
  const auto root = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
  const double x = root((0.4124 * light[0] + 0.3576 * light[1] + 0.1805 * light[2]) / 0.95047);
  const double y = root(luminance(light));
  const double z = root((0.0193 * light[0] + 0.1192 * light[1] + 0.9505 * light[2]) / 1.08883);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

/// People just see a distance of 2 side by side; at 25 it is another colour.
inline double distance(const Triple& a, const Triple& b) {
  const Triple from = lab(a);
  const Triple to = lab(b);
  return std::hypot(from[0] - to[0], from[1] - to[1], from[2] - to[2]);
}

inline double distance_for_a_deuteranope(gui::Color a, gui::Color b) {
  return distance(as_a_deuteranope_sees(linear(a)), as_a_deuteranope_sees(linear(b)));
}

}  // namespace loopscope::testing

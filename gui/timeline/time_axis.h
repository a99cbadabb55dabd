#pragma once
/// The ticks of a time axis. Pure. Units: ns, pixels.

#include <cstdint>
#include <string>
#include <vector>

#include "gui/timeline/viewport.h"

namespace loopscope::gui {

struct AxisTick {
  float x;
  std::int64_t t_ns;
  std::string label;  ///< relative to the origin: "-40 ms", "now"
};

/// Ticks at round distances from `origin_ns`, about `spacing_px` apart; 2 to 10 of them at any zoom if the axis
/// is at least 2.5 times `spacing_px` wide. `origin_label` stands at the origin.
std::vector<AxisTick> time_axis(const Viewport& viewport, std::int64_t origin_ns, float spacing_px,
                                const std::string& origin_label);

/// The distance between ticks: 1, 2 or 5 times a power of ten, at least `least_ns` and never 0.
std::int64_t round_step(double least_ns);

/// "+12 ms", "-1.25 s", with as many digits as steps of `step_ns` need.
std::string axis_label(std::int64_t offset_ns, std::int64_t step_ns);

}  // namespace loopscope::gui

#include "gui/timeline/time_axis.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace loopscope::gui {

std::int64_t round_step(double least_ns) {
  least_ns = std::min(least_ns, static_cast<double>(tracer::kLatestNs));
  std::int64_t decade = 1;
  while (static_cast<double>(decade) * 10 <= least_ns) decade *= 10;
  for (const std::int64_t factor : {1, 2, 5, 10}) {
    if (static_cast<double>(decade * factor) >= least_ns)
      return decade * factor;
  }
  return decade * 10;
}

std::string axis_label(std::int64_t offset_ns, std::int64_t step_ns) {
  struct Unit {
    std::int64_t ns;
    const char* text;
  };
  static constexpr std::array<Unit, 4> kUnits{{{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "µs"}, {1, "ns"}}};
  const std::int64_t size = std::llabs(offset_ns);
  Unit unit = kUnits.back();
  for (const Unit& candidate : kUnits) {
    if (size >= candidate.ns) {
      unit = candidate;
      break;
    }
  }
  int digits = 0;
  for (std::int64_t rest = unit.ns; rest > step_ns && digits < 9; rest /= 10) ++digits;
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%s%.*f %s", offset_ns < 0 ? "-" : "+", digits,
                static_cast<double>(size) / static_cast<double>(unit.ns), unit.text);
  return text.data();
}

std::vector<AxisTick> time_axis(const Viewport& viewport, std::int64_t origin_ns, float spacing_px,
                                const std::string& origin_label) {
  std::vector<AxisTick> ticks;
  origin_ns = tracer::bounded_ns(origin_ns);
  const float width = viewport.x1() - viewport.x0();
  const float spacing = std::max(spacing_px, width / 9.5F);
  const std::int64_t step = round_step(viewport.ns_per_px() * static_cast<double>(spacing) * 0.5);
  std::int64_t spread = step;
  while (static_cast<double>(spread) < viewport.ns_per_px() * static_cast<double>(spacing)) {
    spread = round_step(static_cast<double>(spread) * 1.01);
  }
  // A wide step may leave only one tick on a narrow axis. Then the smaller step is better.
  if (viewport.span_ns() / spread < 2 && step < spread)
    spread = step;
  std::int64_t number = (viewport.begin_ns() - origin_ns) / spread - 1;
  for (;; ++number) {
    const std::int64_t offset = number * spread;
    const std::int64_t t = origin_ns + offset;
    if (t < viewport.begin_ns())
      continue;
    if (t > viewport.end_ns())
      break;
    ticks.push_back({viewport.to_x(t), t, offset == 0 ? origin_label : axis_label(offset, spread)});
  }
  return ticks;
}

}  // namespace loopscope::gui

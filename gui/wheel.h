#pragma once
/// The wheel as angles and words. Pure: shares and what the program says of the present in, arcs and text out.
///
/// Arcs go by time. A phase whose time would make an arc below kLeastArc is drawn as wide as that, so that it can be seen and
/// pointed at, and the others share the rest in proportion to each other; `widened` says so for each.
/// Nothing here is eased: what stands in words is what was measured.
/// Thread: any. Errors: none. Units: radians, clockwise, 0 to the right; ns.

#include <cstdint>
#include <string>
#include <vector>

#include "tracer/format.h"

namespace loopscope::gui {

inline constexpr float kFullTurn = 6.28318531F;
inline constexpr float kLeastArc = 0.035F * kFullTurn;

struct Arc {
  float from;
  float to;
  bool widened;  ///< drawn wider than its time
};

/// One arc for each share, in order, from the top. If all are 0 nothing is known and all arcs are equally wide.
std::vector<Arc> wheel_arcs(const std::vector<double>& shares);

/// What the middle of the wheel says.
struct WheelWords {
  std::string where;   ///< "POLL"
  std::string detail;  ///< "2.9 ms of 17 ms"
  std::string brief;   ///< detail where there is little room: "2.9 ms"
};

/// `poll_ns`: since when the latest poll waits, until the moment that is shown. `ended`: the program has.
WheelWords wheel_words(const tracer::Present& present, std::int64_t poll_ns, bool ended);

}  // namespace loopscope::gui

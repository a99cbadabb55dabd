#pragma once
/// The wheel as angles and words. Pure: shares and the program's present in, arcs and text out.
///
/// The angle of an arc is proportional to the time of its phase. An arc that would be narrower than kLeastArc is widened to it, so
/// that people can see it and point at it. The other arcs share the rest in proportion to their times. Nothing here is eased:
/// the words say what was measured.
/// Thread: any. Errors: none. Units: radians, clockwise, 0 to the right; ns.

#include <cstddef>
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
  bool widened;  ///< wider than its time
};

/// One arc for each share, in order, from the top. If all shares are 0, nothing is known and all arcs are equally wide.
std::vector<Arc> wheel_arcs(const std::vector<double>& shares);

/// Where the hand points: to the middle of the arc of the phase that runs. Only of a poll that may sleep for a limited time is it
/// known how much of it is over. Always within the arc.
float hand_angle(const Arc& arc, const tracer::Present& present, std::int64_t poll_ns);

/// What the middle of the wheel says.
struct WheelWords {
  std::string where;   ///< in large letters, for people: "POLL", "READY QUEUE"
  std::string term;    ///< libuv's word, if it is another one: "idle phase"; else empty
  std::string detail;  ///< "2.9 ms of 17 ms", or "712 µs over 97 ms"
  std::string brief;   ///< the detail for little room: "2.9 ms"

  /// Something holds the loop. No number is ever cut, so `brief` is the number.
  void held_for(const std::string& time) {
    detail = "held for " + time;
    brief = time;
  }
};

/// Whether the present is of now.
enum class Seen : std::uint8_t {
  now,
  at_the_end,  ///< the program has ended
  last         ///< the program lives, but its session is no longer written or cannot be read
};

/// `poll_ns`: how long the latest poll had waited at the moment that is shown.
WheelWords wheel_words(const tracer::Present& present, std::int64_t poll_ns, Seen seen);

/// How many handles are open, the longest wording first: "13 handles open", "13 handles". If not all are known: "≥ 13 handles
/// open", or nothing in place of 0.
std::vector<std::string> handles_wordings(std::size_t handles, bool all_known);

}  // namespace loopscope::gui

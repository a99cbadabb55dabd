#pragma once
/// When to draw the next frame: 60 a second where the display sets the pace, as many as half a core can draw in
/// software, few when nothing changes. Pure. Units: seconds.

#include <algorithm>

namespace loopscope::gui {

struct PacingState {
  bool software = false;  ///< no GPU: the processor draws
  bool focused = true;
  bool iconified = false;
  bool paused = false;     ///< paused, or the session ended: the picture stands still
  bool quiet = false;      ///< the program did nothing since the last frame
  double since_input = 0;  ///< how long nobody touched anything
  double frame_cost = 0;   ///< processor time of a frame, smoothed
};

/// How long to wait from the begin of one frame to the begin of the next.
inline double frame_interval(const PacingState& state) {
  const bool touched = state.since_input < 1.0;
  double interval = state.software ? 1.0 / 24 : 1.0 / 62;  // a hair above 60: a display of 60 Hz sets the pace
  if (state.software)
    interval = std::max(interval, state.frame_cost / 0.5);
  if (!state.focused)
    interval = std::max(interval, 1.0 / 20);
  if (state.quiet && !touched)
    interval = std::max(interval, 1.0 / 8);
  if (state.paused && !touched)
    interval = std::max(interval, 0.25);
  if (state.iconified)
    interval = std::max(interval, 0.5);
  return std::min(interval, 0.5);
}

}  // namespace loopscope::gui

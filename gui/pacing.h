#pragma once
/// When to draw the next frame, and when to read again. Pure. Units: seconds.
///
/// Drawing: 60 frames a second where the display sets the pace. In software as many as a fifth of a core can draw, and half a
/// core while somebody uses the mouse. Where only time goes on, what 2.5 % of a core can draw; where nothing changes, none.
/// Reading: often enough that the ring never comes near to wrapping, and seldom where nothing comes.

#include <algorithm>
#include <cstdint>
#include <limits>

namespace loopscope::gui {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

/// What changes on the screen without anybody's doing.
enum class Motion : std::uint8_t {
  still,  ///< nothing: the view is paused, or the session has ended
  idle,   ///< time goes on, but the program did nothing since the last frame
  busy
};

struct PacingState {
  bool software = false;  ///< no GPU: the processor draws
  bool focused = true;
  bool iconified = false;
  Motion motion = Motion::busy;
  double since_input = 0;  ///< how long nobody touched anything
  double frame_cost = 0;   ///< processor time of a frame, smoothed
};

/// How long to wait from the begin of one frame to the begin of the next. Whatever it says, input is drawn at once.
inline double frame_interval(const PacingState& state) {
  const bool touched = state.since_input < 1.0;
  if (state.iconified || (state.motion == Motion::still && !touched))
    return kNever;
  if (state.motion == Motion::idle && !touched)
    return std::clamp(state.frame_cost / 0.025, 1.0 / 8, 4.0);
  double interval = 1.0 / 62;  // a hair above 60: a display of 60 Hz sets the pace
  if (state.software)
    interval = touched ? std::max(1.0 / 24, state.frame_cost / 0.5) : std::max(1.0 / 10, state.frame_cost / 0.2);
  if (!state.focused)
    interval = std::max(interval, 1.0 / 20);
  return std::min(interval, 1.0);
}

struct ReadingState {
  std::uint64_t events = 0;       ///< that came since the last time
  double seconds = 0;             ///< since the last time
  std::uint64_t ring_events = 1;  ///< that the ring holds
  double interval = 0;            ///< waited last
};

/// How long to wait before reading again: while a sixteenth of the ring fills. So a reader that is kept off the processor for
/// most of a wrap loses nothing.
inline double reading_interval(const ReadingState& state) {
  constexpr double kShortest = 0.001;
  constexpr double kAwake = 0.02;
  constexpr double kAsleep = 0.05;
  if (state.events == 0)
    return std::clamp(state.interval * 2, kShortest, kAsleep);
  const double share = static_cast<double>(state.ring_events) / 16 / static_cast<double>(state.events);
  return std::clamp(share * state.seconds, kShortest, kAwake);
}

}  // namespace loopscope::gui

#pragma once
/// When to draw the next frame, and when to read again. Pure. Units: seconds.
///
/// Drawing: 60 frames a second with a GPU, where the display sets the pace. With software rendering at most 10, and only as many
/// as a fifth of a core can draw; at most 24, and half a core, while there is input. While only the time changes, as many as
/// 2.5 % of a core can draw. While nothing changes, none.
/// Reading: often enough that the ring never comes near to wrapping, and seldom while no events come.

#include <algorithm>
#include <cstdint>
#include <limits>

namespace loopscope::gui {

inline constexpr double kNever = std::numeric_limits<double>::infinity();

/// What changes on the screen without input.
enum class Motion : std::uint8_t {
  still,  ///< nothing, because the view is paused or the session has ended
  idle,   ///< only the time: the program did nothing since the last frame
  busy
};

struct PacingState {
  bool software = false;  ///< there is no GPU: the CPU draws
  bool focused = true;
  bool iconified = false;
  Motion motion = Motion::busy;
  double since_input = 0;  ///< time since the last input
  double frame_cost = 0;   ///< CPU time of a frame, smoothed
};

/// The time from the begin of one frame to the begin of the next. Input does not wait for it.
inline double frame_interval(const PacingState& state) {
  const bool touched = state.since_input < 1.0;
  if (state.iconified || (state.motion == Motion::still && !touched))
    return kNever;
  if (state.motion == Motion::idle && !touched)
    return std::clamp(state.frame_cost / 0.025, 1.0 / 8, 4.0);
  double interval = 1.0 / 62;  // slightly above 60 Hz, so that a display of 60 Hz sets the pace
  if (state.software)
    interval = touched ? std::max(1.0 / 24, state.frame_cost / 0.5) : std::max(1.0 / 10, state.frame_cost / 0.2);
  if (!state.focused)
    interval = std::max(interval, 1.0 / 20);
  return std::min(interval, 1.0);
}

struct ReadingState {
  std::uint64_t events = 0;       ///< events that came since the last read
  double seconds = 0;             ///< time since the last read
  std::uint64_t ring_events = 1;  ///< events that the ring holds
  double interval = 0;            ///< the last answer
};

/// The time to wait before reading again: until a sixteenth of the ring has filled, and 20 ms at most while events come. So
/// nothing is lost even if the reader gets no CPU for most of the time that the ring takes to wrap.
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

#pragma once
/// What recording cost the loop in a stretch of time: what was recorded, times the cost of each kind on this machine.
///
/// It is an estimate: the events were counted, and measure_recording_costs() measured the cost of each kind. Pure functions.
/// Thread: any. Errors: none. Units: ns.

#include <array>
#include <cstdint>

#include "tracer/read/trace_event.h"
#include "tracer/recording_costs.h"

namespace loopscope::tracer {

/// How much of each kind was recorded.
struct RecordedCounts {
  std::array<std::uint64_t, kRecordedCount> of{};
  std::uint64_t events = 0;  ///< events that were read; both events of a pair count
  std::uint64_t lost = 0;    ///< events that were overwritten before they could be read

  void add(const TraceEvent& event);
  void merge(const RecordedCounts& other);
  /// Adds callbacks and I/O events from the session's counters. They count only if no event of a callback was read and none was
  /// lost: then the program counted callbacks and did not record them.
  void add_counted(double callbacks, double io_events);
  [[nodiscard]] std::uint64_t count(Recorded what) const { return of[static_cast<std::size_t>(what)]; }
  [[nodiscard]] std::uint64_t callbacks() const;  ///< those with events
};

struct RecordingCost {
  double ns = 0;      ///< time of the loop's thread
  double events = 0;  ///< lost ones included
  bool known = true;  ///< false: all events were lost, so their kinds are not known
  [[nodiscard]] double ns_an_event() const { return events > 0 ? ns / events : 0.0; }
};

/// It assumes that lost events were of the same kinds, in the same proportions, as those that were read.
RecordingCost recording_cost(const RecordedCounts& counts, const RecordingCosts& costs);

}  // namespace loopscope::tracer

#pragma once
/// What recording cost in a stretch of time: what was recorded in it, times what each costs on this machine.
///
/// An estimate: the events were counted, their price is that of measure_recording_costs(). Pure functions.
/// Thread: any. Errors: none. Units: ns.

#include <array>
#include <cstdint>

#include "tracer/recording_costs.h"
#include "tracer/trace_event.h"

namespace loopscope::tracer {

/// What was recorded, by what it costs.
struct RecordedCounts {
  std::array<std::uint64_t, kRecordedCount> of{};
  std::uint64_t events = 0;  ///< that were read: ends of pairs, too
  std::uint64_t lost = 0;    ///< events that were written, but overwritten before they could be read

  void add(const TraceEvent& event);
  void merge(const RecordedCounts& other);
  /// Callbacks and I/O events that the counters tell of: what no event stands for was only counted.
  void add_counted(double callbacks, double io_events);
  [[nodiscard]] std::uint64_t count(Recorded what) const { return of[static_cast<std::size_t>(what)]; }
  [[nodiscard]] std::uint64_t callbacks() const;  ///< that there are events of
};

struct RecordingCost {
  double ns = 0;      ///< of the loop's thread
  double events = 0;  ///< the lost ones, too
  bool known = true;  ///< false: all events were lost, so nobody knows of what kind they were
  [[nodiscard]] double ns_an_event() const { return events > 0 ? ns / events : 0.0; }
};

/// Lost events are taken to be of the same kinds as those that were read.
RecordingCost recording_cost(const RecordedCounts& counts, const RecordingCosts& costs);

}  // namespace loopscope::tracer

#pragma once
/// From a session's ticks to CLOCK_MONOTONIC ns: a straight line through two anchors.
///
/// Thread: one. Errors: anchors that make no sense (a damaged file) leave the line as it was.

#include <cstdint>

#include "tracer/format.h"

namespace loopscope::tracer {

class TickScale {
 public:
  TickScale() = default;
  /// Until there is a second anchor the rate of a tick clock is not known; one tick is then drawn as 1 ns.
  TickScale(ClockSource source, const ClockAnchor& first) : source_(source), first_(first), pivot_(first) {}

  /// Takes the rate from the first anchor to `far`, and lets the line pass through `pivot` exactly.
  void fit(const ClockAnchor& far, const ClockAnchor& pivot);

  [[nodiscard]] std::int64_t to_ns(std::uint64_t ticks) const;
  /// How long `ticks` last.
  [[nodiscard]] std::int64_t duration_ns(std::uint64_t ticks) const;
  [[nodiscard]] bool rate_known() const { return rate_known_ || source_ == ClockSource::monotonic; }

 private:
  ClockSource source_ = ClockSource::monotonic;
  ClockAnchor first_{};
  ClockAnchor pivot_{};
  double ns_per_tick_ = 1;
  bool rate_known_ = false;
};

}  // namespace loopscope::tracer

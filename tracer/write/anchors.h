#pragma once
/// Pairs of ticks and CLOCK_MONOTONIC, from which readers tell the time on both sides of a suspend.
///
/// An anchor is due once a second, and closer together at first, so that a program that lives for milliseconds has two of
/// them. From the anchors follows how many ticks a ns has. The machine may stand still between two anchors, which adds ticks;
/// so the least rate seen is the true one.
///
/// Thread: the loop's. Units: ticks of the session's clock source. Errors: none.

#include <cstdint>

#include "tracer/format.h"
#include "tracer/system/clock.h"

namespace loopscope::tracer {

class Anchors {
 public:
  Anchors() = default;
  /// `first` is the one in the session's header.
  Anchors(ClockSource source, const ClockAnchor& first);

  [[nodiscard]] bool due(std::uint64_t now_ticks) const { return now_ticks - latest_.ticks >= after_ticks_; }
  /// Takes the one that is due, and learns the rate from it.
  ClockAnchor take();
  /// False until a second anchor was taken at least a ms after the first: ticks_of() answers less than the truth.
  [[nodiscard]] bool rate_known() const { return rate_known_; }
  [[nodiscard]] std::uint64_t ticks_of(std::uint64_t ns) const {
    return static_cast<std::uint64_t>(static_cast<double>(ns) * ticks_per_ns_);
  }

 private:
  void learn_rate(const ClockAnchor& anchor);

  ClockSource source_ = ClockSource::monotonic;
  ClockAnchor latest_{};
  // A distance, not a deadline: a counter that began anew while the machine slept is behind all deadlines.
  std::uint64_t after_ticks_ = 0;
  std::uint64_t interval_ns_ = 0;
  double ticks_per_ns_ = 1;  ///< a lower bound until two anchors are known
  bool rate_known_ = false;
};

}  // namespace loopscope::tracer

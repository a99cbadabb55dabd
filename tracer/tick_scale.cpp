#include "tracer/tick_scale.h"

#include <algorithm>
#include <limits>

namespace loopscope::tracer {
namespace {

// Clocks between 10 MHz and 100 GHz: anything else is a damaged file.
constexpr double kLeastNsPerTick = 0.01;
constexpr double kMostNsPerTick = 100;

std::int64_t clamp_ns(std::uint64_t ns) {
  return static_cast<std::int64_t>(
      std::min(ns, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())));
}

/// Far below the limits of the type, so that a caller may subtract two of them.
std::int64_t round_ns(double ns) {
  constexpr double kLimit = 2e18;
  return static_cast<std::int64_t>(std::clamp(ns, -kLimit, kLimit));
}

}  // namespace

void TickScale::fit(const ClockAnchor& far, const ClockAnchor& pivot) {
  if (far.ticks <= first_.ticks || far.monotonic_ns <= first_.monotonic_ns)
    return;
  const auto rate =
      static_cast<double>(far.monotonic_ns - first_.monotonic_ns) / static_cast<double>(far.ticks - first_.ticks);
  if (rate < kLeastNsPerTick || rate > kMostNsPerTick)
    return;
  ns_per_tick_ = rate;
  pivot_ = pivot;
  rate_known_ = true;
}

std::int64_t TickScale::to_ns(std::uint64_t ticks) const {
  if (source_ == ClockSource::monotonic)
    return clamp_ns(ticks);
  const bool later = ticks >= pivot_.ticks;
  const auto distance = static_cast<double>(later ? ticks - pivot_.ticks : pivot_.ticks - ticks) * ns_per_tick_;
  constexpr std::uint64_t kLatestPivotNs = 1ULL << 61U;
  const auto pivot_ns = static_cast<std::int64_t>(std::min(pivot_.monotonic_ns, kLatestPivotNs));
  return pivot_ns + round_ns(later ? distance : -distance);
}

std::int64_t TickScale::duration_ns(std::uint64_t ticks) const {
  if (source_ == ClockSource::monotonic)
    return clamp_ns(ticks);
  return round_ns(static_cast<double>(ticks) * ns_per_tick_);
}

}  // namespace loopscope::tracer

#pragma once
/// The bounds of every time that the reading side works with. A file may hold any 64 bits; whatever becomes a time
/// or a duration passes through here once, so that nobody behind it needs to think of overflow.
///
/// Promise: a bounded time or duration lies in [0, kLatestNs]. Four of them can be added or subtracted within an
/// int64. A sum of any number of durations is made with add_ns(), which stays at kLatestNs.
/// Thread: any. Errors: none. Units: ns of CLOCK_MONOTONIC, which begins near 0 when the machine starts.

#include <algorithm>
#include <cstdint>

namespace loopscope::tracer {

/// 36 years after the machine started. A time beyond that is no time.
inline constexpr std::int64_t kLatestNs = std::int64_t{1} << 60U;

constexpr std::int64_t bounded_ns(std::int64_t ns) {
  return std::clamp<std::int64_t>(ns, 0, kLatestNs);
}
constexpr std::int64_t bounded_ns(std::uint64_t ns) {
  return static_cast<std::int64_t>(std::min(ns, static_cast<std::uint64_t>(kLatestNs)));
}
/// Rounded down; what is no number is 0.
constexpr std::int64_t bounded_ns(double ns) {
  if (!(ns > 0))
    return 0;
  return ns < static_cast<double>(kLatestNs) ? static_cast<std::int64_t>(ns) : kLatestNs;
}

/// The sum of two bounded durations, bounded again.
constexpr std::int64_t add_ns(std::int64_t sum_ns, std::int64_t more_ns) {
  return bounded_ns(sum_ns + more_ns);
}

}  // namespace loopscope::tracer

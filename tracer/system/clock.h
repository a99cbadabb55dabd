#pragma once
/// The clocks of a trace. Thread: any. Errors: none.
///
/// Ticks are what events are stamped with: the CPU's time stamp counter where it is invariant
/// (Intel SDM vol. 3B, 18.17.1: constant rate in all ACPI P-, C- and T-states) and the kernel itself tells
/// the time by it, CLOCK_MONOTONIC elsewhere. The rate is never measured here: anchors in the session let the reader fit it later.

#include <cstdint>
#include <ctime>
#include <string_view>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

#include "tracer/format.h"

namespace loopscope::tracer {

/// CLOCK_MONOTONIC in ns: the clock of asyncio's loop.time().
inline std::uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

/// What this machine's sessions are stamped with. Asks CPUID and the kernel once.
ClockSource preferred_clock_source();

/// Does a kernel with this clock source rely on the counter? It stops doing so as soon as the counters of two CPUs
/// differ, or one runs unevenly. If nothing is known (no /sys), CPUID alone decides.
bool kernel_trusts_counter(std::string_view clocksource);

/// Now, in the ticks of `source`.
inline std::uint64_t now_ticks(ClockSource source) {
#if defined(__x86_64__)
  if (source == ClockSource::tsc) [[likely]]
    return __rdtsc();
#endif
  (void)source;
  return monotonic_ns();
}

/// Both clocks at one instant: the tightest of a few tries.
ClockAnchor take_anchor(ClockSource source);

}  // namespace loopscope::tracer

#include "tracer/system/clock.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "tracer/system/shared_memory.h"

namespace loopscope::tracer {
namespace {

bool has_invariant_tsc() {
#if defined(__x86_64__)
  constexpr unsigned kPowerLeaf = 0x80000007U;
  constexpr unsigned kInvariantTsc = 1U << 8U;
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(kPowerLeaf, &eax, &ebx, &ecx, &edx) != 0 && (edx & kInvariantTsc) != 0;
#else
  return false;
#endif
}

std::string kernel_clock() {
  return read_system_file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
}

}  // namespace

bool kernel_trusts_counter(std::string_view clocksource) {
  constexpr std::array<std::string_view, 5> kOnTheCounter{"tsc", "tsc-early", "kvm-clock",
                                                          "hyperv_clocksource_tsc_page", "xen"};
  return clocksource.empty() || std::count(kOnTheCounter.begin(), kOnTheCounter.end(), clocksource) > 0;
}

ClockSource preferred_clock_source() {
  static const ClockSource source =
      has_invariant_tsc() && kernel_trusts_counter(kernel_clock()) ? ClockSource::tsc : ClockSource::monotonic;
  return source;
}

ClockAnchor take_anchor(ClockSource source) {
  if (source == ClockSource::monotonic) {
    const auto now = monotonic_ns();
    return {now, now};
  }
  // An interrupt between two readings makes them far apart: of a few tries the tightest is the truest.
  constexpr int kTries = 4;
  ClockAnchor best{};
  std::uint64_t best_width = UINT64_MAX;
  for (int i = 0; i < kTries; ++i) {
    const auto before = now_ticks(source);
    const auto ns = monotonic_ns();
    const auto width = now_ticks(source) - before;
    if (width >= best_width)
      continue;
    best_width = width;
    best = {before + width / 2, ns};
  }
  return best;
}

}  // namespace loopscope::tracer

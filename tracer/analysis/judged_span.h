#pragma once
/// A span of a thread's time, and how much of it the thread was on a CPU, waited for one, slept or was stopped.
///
/// The samples give bounds only: the words say "at least" and "at most". Thread: one. Errors: none. Units: ns.

#include <algorithm>
#include <cstdint>
#include <string>

#include "tracer/analysis/cpu_waits.h"

namespace loopscope::tracer {

struct Judged {
  std::int64_t whole_ns = 0;
  std::int64_t cpu_wait_ns = 0;  ///< at most
  bool before_sampling = false;  ///< the bound is loose: the thread was not sampled yet
  bool sampled = false;          ///< the next lines are known
  OnCpu on_cpu;
  OffCpu off_cpu;

  /// What is left after subtracting all the time in which the thread may have waited for a CPU or been stopped.
  [[nodiscard]] std::int64_t rest_ns() const {
    return std::max<std::int64_t>(whole_ns - cpu_wait_ns - off_cpu.stopped_at_most_ns, 0);
  }
  /// The time that it is listed with: the rest, or all of it if too little is known to subtract anything.
  [[nodiscard]] std::int64_t charged_ns(std::int64_t least_ns) const {
    return before_sampling && rest_ns() < least_ns ? whole_ns : rest_ns();
  }
};

Judged judge(const CpuWaits& waits, std::int64_t begin_ns, std::int64_t end_ns);

/// "29.6 ms", or "at least" what is left of it.
std::string sure_text(const Judged& judged);

/// Sentences, each after a space: how long it waited for a CPU, was on one, slept or was stopped. Empty if nothing of it is known.
std::string cpu_text(const Judged& judged);

}  // namespace loopscope::tracer

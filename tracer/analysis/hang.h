#pragma once
/// What holds the loop now: a callback that has begun and not ended, or at level phases a phase.
///
/// Thread: one. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <optional>
#include <string>

#include "tracer/analysis/cpu_waits.h"
#include "tracer/analysis/trace_model.h"

namespace loopscope::tracer {

struct Hang {
  std::int64_t begin_ns = 0;
  std::int64_t lasts_ns = 0;              ///< until now
  std::int64_t cpu_wait_ns = 0;           ///< the longest time of it that the thread can have waited for a CPU
  std::optional<CallbackSlice> callback;  ///< the outermost one; none if callbacks are not recorded
  Activity activity = Activity::unknown;  ///< what the loop is doing

  /// The time that is left after subtracting all that may have been a wait for a CPU.
  [[nodiscard]] std::int64_t held_ns() const { return lasts_ns - cpu_wait_ns; }
  /// "4.3 s", or "≥ 11.0 ms" where a part may have been a wait for a CPU.
  [[nodiscard]] std::string held_text() const;
};

/// Nothing if the loop sleeps or does not run, or if it was held for less than `least_ns`. `now_ns` is the end of what is known.
/// Ask only about a program that still lives: this does not check it.
std::optional<Hang> find_hang(const TraceModel& model, const CpuWaits& waits, std::int64_t now_ns,
                              std::int64_t least_ns);

}  // namespace loopscope::tracer

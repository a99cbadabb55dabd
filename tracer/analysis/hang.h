#pragma once
/// What holds the loop now: a callback that has begun and not ended, at level phases a phase, or a poll that should be over.
///
/// Thread: one. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <optional>
#include <string>

#include "tracer/analysis/cpu_waits.h"
#include "tracer/analysis/judged_span.h"
#include "tracer/analysis/trace_model.h"

namespace loopscope::tracer {

struct Hang {
  enum class Kind : std::uint8_t {
    callback,
    phase,        ///< callbacks are not recorded
    overdue_poll  ///< its timeout is over, and the loop does not go on. begin_ns is when it should have gone on
  };
  Kind kind = Kind::callback;
  std::int64_t begin_ns = 0;
  Judged lasts;                           ///< from begin_ns until now
  std::optional<CallbackSlice> callback;  ///< the outermost one; only of Kind::callback
  Activity activity = Activity::unknown;  ///< what the loop is doing
  std::int32_t poll_timeout_ms = 0;       ///< only of Kind::overdue_poll

  /// The time that is left after subtracting all in which the thread may have waited for a CPU or been stopped.
  [[nodiscard]] std::int64_t held_ns() const { return lasts.rest_ns(); }
  /// "4.3 s", or "≥ 11.0 ms" where something was subtracted.
  [[nodiscard]] std::string held_text() const;
};

/// A poll is overdue only from here on: the kernel wakes a thread late by some ms, and a late timer tells of that when it ran.
inline constexpr std::int64_t kLeastOverdueNs = 100'000'000;

/// Nothing if the loop may sleep or does not run, or if it was held for less than `least_ns`. `now_ns` is the end of what is
/// known. Ask only about a program that still lives: this does not check it.
std::optional<Hang> find_hang(const TraceModel& model, const CpuWaits& waits, std::int64_t now_ns,
                              std::int64_t least_ns);

/// True if this no longer holds the loop.
bool is_over(const Hang& hang, const TraceModel& model);

}  // namespace loopscope::tracer

#pragma once
/// What the loop did between the moment a callback was due and the moment it ran: the evidence for why it was late.
///
/// Thread: one. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tracer/analysis/trace_model.h"
#include "tracer/analysis/wording.h"

namespace loopscope::tracer {

enum class LateCause : std::uint8_t {
  callbacks,  ///< other callbacks ran
  asleep,     ///< the loop was still asleep in its poll: the kernel woke it late
  gil,        ///< it was awake and waited for the GIL
  stopped,    ///< the loop did not run
  own_work,   ///< the loop's own work in phases and between them, without callbacks
};

struct LateShare {
  LateCause cause;
  std::int64_t ns;
};

struct Lateness {
  std::int64_t total_ns = 0;
  std::vector<LateShare> shares;         ///< largest first, none of 0; the rest of the total is not known
  std::uint64_t callbacks = 0;           ///< how many ran meanwhile, if callbacks are recorded
  std::optional<CallbackSlice> culprit;  ///< the callback that took the largest part of the time
  std::int64_t culprit_ns = 0;

  /// The loop was asleep nearly all of this time: only the kernel could have ended it.
  [[nodiscard]] bool is_the_kernels() const {
    return !shares.empty() && shares.front().cause == LateCause::asleep && shares.front().ns * 5 >= total_ns * 4;
  }
};

/// What the loop did in [late.ready_ns, late.begin_ns).
Lateness lateness(const TraceModel& model, const CallbackSlice& late);

/// One or two sentences. They name a cause that took more than half of the time, and a second one that took at least a fifth. If
/// nothing took more than half, they say that the cause is not known.
std::string lateness_text(const Lateness& lateness, const NameLookup& names);

}  // namespace loopscope::tracer

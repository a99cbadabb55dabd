#pragma once
/// Which callback kept which other one waiting. Thread: one. Errors: none. Units: ns.

#include <cstdint>
#include <optional>

#include "tracer/analysis/trace_model.h"

namespace loopscope::tracer {

/// The callback that took the largest part of the time for which another one was ready and waited for its turn.
struct Blame {
  CallbackSlice culprit;      ///< that callback
  std::int64_t share_ns = 0;  ///< its part of the wait
};
/// Nothing if `victim` did not wait, or if no callback ran meanwhile.
std::optional<Blame> blame(const TraceModel& model, const CallbackSlice& victim);

/// How much one callback kept others waiting.
struct Harm {
  std::uint64_t waited = 0;          ///< callbacks that became ready before it ended and began after it
  std::int64_t longest_wait_ns = 0;  ///< the longest of their waits
  std::int64_t total_wait_ns = 0;    ///< the sum of the parts of their waits in which it ran
};
/// `index` is the callback's place in model.callbacks(). It looks at the next 20,000 callbacks at most.
Harm harm(const TraceModel& model, std::uint64_t index);

}  // namespace loopscope::tracer

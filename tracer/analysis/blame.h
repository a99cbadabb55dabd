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

}  // namespace loopscope::tracer

#pragma once
/// Who kept whom waiting. Thread: one. Errors: none. Units: ns.

#include <cstdint>
#include <optional>

#include "tracer/analysis/trace_model.h"

namespace loopscope::tracer {

/// What ran while a callback was ready and waited for its turn.
struct Blame {
  CallbackSlice culprit;      ///< of all that ran meanwhile, the one that took most of the wait
  std::int64_t share_ns = 0;  ///< how much of the wait
};
/// Nothing if it did not wait, or nobody ran meanwhile.
std::optional<Blame> blame(const TraceModel& model, const CallbackSlice& victim);

/// Whom one callback kept waiting.
struct Harm {
  std::uint64_t waited = 0;          ///< callbacks that became ready before it ended and began after it
  std::int64_t longest_wait_ns = 0;  ///< of theirs
  std::int64_t total_wait_ns = 0;    ///< the part of their waits in which it ran
};
/// `index` is the callback's place in model.callbacks().
Harm harm(const TraceModel& model, std::uint64_t index);

}  // namespace loopscope::tracer

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
  callbacks,  ///< others ran
  asleep,     ///< the loop was still asleep in its poll: the kernel woke it late
  gil,        ///< it was awake and waited for the GIL
  stopped,    ///< the loop did not run
  own_work,   ///< the loop's own: phases and what is between them, without callbacks
};

struct LateShare {
  LateCause cause;
  std::int64_t ns;
};

struct Lateness {
  std::int64_t total_ns = 0;
  std::vector<LateShare> shares;         ///< largest first, none of 0; what is missing to the total is not known
  std::uint64_t callbacks = 0;           ///< that ran meanwhile, if they are recorded
  std::optional<CallbackSlice> culprit;  ///< the one of them that took most of the time
  std::int64_t culprit_ns = 0;
};

/// Of [late.ready_ns, late.begin_ns).
Lateness lateness(const TraceModel& model, const CallbackSlice& late);

/// A sentence or two. A cause is named if it has more than half of the time, and a second one beside it if that has a fifth; else
/// the cause is not known.
std::string lateness_text(const Lateness& lateness, const NameLookup& names);

}  // namespace loopscope::tracer

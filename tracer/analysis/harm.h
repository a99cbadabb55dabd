#pragma once
/// Who waited while one callback ran. Thread: one. Errors: none. Units: ns.

#include <cstdint>
#include <string>

#include "tracer/analysis/trace_model.h"

namespace loopscope::tracer {

/// How much one callback kept others waiting. What the kernel held back meanwhile, such as requests of clients, becomes known
/// only at the next poll, and it is not known since when it was ready.
struct Harm {
  std::uint64_t waited = 0;   ///< callbacks that became ready before it ended and began after it, without timers
  std::uint64_t overdue = 0;  ///< timers that were due before it ended and fired after it
  std::int64_t longest_wait_ns = 0;  ///< the longest wait of a callback that is no timer
  std::int64_t total_wait_ns = 0;    ///< the sum of the parts of all these waits in which it ran
  bool polled = false;               ///< the next poll is over, and recorded
  std::uint32_t io_events = 0;       ///< that this poll brought
  std::int64_t poll_after_ns = 0;    ///< from the callback's end to the moment when the kernel told them
};
/// `index` is the callback's place in model.callbacks(). It looks at the next kMostLookedAt callbacks at most.
Harm harm(const TraceModel& model, std::uint64_t index);

/// "34 callbacks waited behind it; longest 28.1 ms. 10 descriptors were ready and 10 timers were overdue when it ended." It never
/// says since when a descriptor was ready, because nobody knows.
std::string harm_text(const Harm& harm);

}  // namespace loopscope::tracer

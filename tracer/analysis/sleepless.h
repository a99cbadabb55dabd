#pragma once
/// The finding that a loop never sleeps: something is ready each time it looks. Thread: one. Errors: none. Units: ns.

#include <cstdint>
#include <optional>

#include "tracer/analysis/findings.h"

namespace loopscope::tracer {

/// It says which callbacks took most of the time, from the newest kMostLookedAt of the last second. Nothing if the loop slept in the
/// last second, did not poll, or did not run. If a part of that second is not known, only the counters can tell: `awake_since_ns` is
/// the time since when no poll has slept by their word, if they know one.
std::optional<Finding> find_sleepless(const TraceModel& model, const NameLookup& names, std::int64_t now_ns,
                                      std::optional<std::int64_t> awake_since_ns);

}  // namespace loopscope::tracer

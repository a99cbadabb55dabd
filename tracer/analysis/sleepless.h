#pragma once
/// The finding that a loop never sleeps: something is ready each time it looks. Thread: one. Errors: none. Units: ns.

#include <cstdint>
#include <optional>

#include "tracer/analysis/findings.h"

namespace loopscope::tracer {

/// It says which callbacks took most of the time, from the newest 20,000 of the last second. Nothing if the loop slept in the last
/// second, did not poll, or did not run, or if a part of that second is not known.
std::optional<Finding> find_sleepless(const TraceModel& model, const NameLookup& names, std::int64_t now_ns);

}  // namespace loopscope::tracer

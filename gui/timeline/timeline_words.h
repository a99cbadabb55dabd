#pragma once
/// Words that several parts of the timeline say. Pure. Thread: any. Errors: none.

#include <cstdint>
#include <string>

#include "tracer/analysis/trace_model.h"

namespace loopscope::gui {

/// "9 events lost", "not recorded", "The machine stood still for 10.0 s".
std::string describe_gap(const tracer::Gap& gap);

/// "Single callbacks … are not recorded at level phases …"; empty for a level that records them.
std::string not_recorded_text(tracer::Level level);

/// "1 step", "12 steps".
std::string count_of(std::uint64_t count, const char* one, const char* many);

}  // namespace loopscope::gui

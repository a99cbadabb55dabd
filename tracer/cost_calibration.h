#pragma once
/// Measures what recording costs on this machine, by recording. For viewers: it is the only part of the writing side that
/// they may use, and nothing of it shows in this header.
///
/// Thread: any, but not one that anybody waits for, and never the loop's: it takes two seconds, most of them asleep.
/// Owner: of the recorders that it makes, which are gone when it returns. Their sessions lie in private memory:
///   no file, nothing that could be listed or that could fill a file system.
/// Errors: nothing if there is no memory for it.

#include <optional>

#include "tracer/recording_costs.h"

namespace loopscope::tracer {

/// `passes` lie a moment apart, and the middle one counts: the more, the less of other programs' noise is in it.
std::optional<RecordingCosts> measure_recording_costs(int passes = 7);

}  // namespace loopscope::tracer

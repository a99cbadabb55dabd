#pragma once
/// Measures what recording costs on this machine, by recording. It is the only part of the writing side that viewers may use,
/// and this header shows nothing of that side.
///
/// Thread: any that nobody waits for, never the loop's: it takes two seconds, most of them asleep.
/// Owner: of the recorders that it makes, which are gone when it returns. Their sessions lie in private memory:
///   no file, nothing that could be listed or that could fill a file system.
/// Errors: nothing if there is no memory for it.

#include <optional>

#include "tracer/recording_costs.h"

namespace loopscope::tracer {

/// The `passes` are a moment apart, and their median counts. More passes let less of other programs' noise in.
std::optional<RecordingCosts> measure_recording_costs(int passes = 7);

}  // namespace loopscope::tracer

#pragma once
/// What a session's own file tells of its clock: the anchors that stand in its header, its ring and its present, and
/// where between two of them nothing was recorded.
///
/// Thread: one. Owner: of nothing. Errors: none; what makes no sense the scale leaves out. Cost: one walk over the ring.

#include <cstdint>

#include "tracer/format.h"
#include "tracer/tick_scale.h"

namespace loopscope::tracer {

class Session;

/// Adds all anchors of the session to `scale`, oldest first, and at last `now` if that is later (0: there is none).
/// The scale has the session's first anchor already; fit() is the caller's.
void read_anchors(const Session& session, const ClockAnchor& now, TickScale& scale);

/// The stamp of the event that ended the longest silence between two stamps; `to_ticks` if no event lies between.
std::uint64_t find_resumed(const Session& session, std::uint64_t from_ticks, std::uint64_t to_ticks);

}  // namespace loopscope::tracer

#pragma once
/// What a session's own file tells of its clock: the anchors in its header, its ring and its present, and the silence between
/// two anchors.
///
/// Thread: one. Owner: of nothing. Errors: none; the scale ignores an anchor that makes no sense. Cost: one walk over the ring.

#include <cstdint>

#include "tracer/format.h"
#include "tracer/read/tick_scale.h"

namespace loopscope::tracer {

class Session;

/// Adds all anchors of the session to `scale`, oldest first, and at last `now` if that is later (0: there is none).
/// The scale has the session's first anchor already. The caller calls fit().
void read_anchors(const Session& session, const ClockAnchor& now, TickScale& scale);

/// The stamp of the event that ended the longest silence between two stamps; `to_ticks` if no event lies between.
std::uint64_t find_resumed(const Session& session, std::uint64_t from_ticks, std::uint64_t to_ticks);

}  // namespace loopscope::tracer

#pragma once
/// The ready queue's row of the timeline: how many callbacks were ready and had not begun, by pixel. Pure.
///
/// The depth is known from the first event that is kept to the last one, except in gaps and at level off. While the loop sleeps in its poll it is known until
/// now, because the queue is then empty. While something holds the loop it is not known, because what joins the queue is
/// recorded later. If few enough callbacks are in view, the depth follows from the times at which each became ready and began.
/// Otherwise, and where callbacks are not recorded, it comes from the depths that the loop recorded at the boundaries of its
/// idle phases.
/// Thread: one. Errors: none. Units: pixels, ns.

#include <cstdint>

#include "gui/timeline/timeline_layout.h"

namespace loopscope::gui {

void lay_ready(Row& row, const tracer::TraceModel& model, const Viewport& viewport,
               const TimelineRequest& request);

}  // namespace loopscope::gui

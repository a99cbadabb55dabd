#pragma once
/// The ready queue's row of the timeline: how many callbacks were ready and had not begun, by pixel. Pure.
///
/// Known is what the trace tells: from the first event on, outside of gaps, and up to the last event, or up to now while the loop
/// sleeps in its poll, because the queue is then empty. While something holds the loop nobody sees what joins the queue.
/// Where callbacks are few enough it follows from when each was ready and when it began; else, and where callbacks are not
/// recorded, from the depths that the loop itself recorded at the boundaries of its idle phases.
/// Thread: one. Errors: none. Units: pixels, ns.

#include <cstdint>

#include "gui/timeline_layout.h"

namespace loopscope::gui {

void lay_ready(Row& row, const tracer::TraceModel& model, const Viewport& viewport, std::int64_t now_ns);

}  // namespace loopscope::gui

#pragma once
/// Hatches the parts of the timeline that are not known, and says why. They must not look as if nothing had happened.

#include "gui/canvas/painter.h"
#include "gui/model/trace_source.h"
#include "gui/timeline/timeline_layout.h"

namespace loopscope::gui {

/// Hatches rows at the times when the level in force did not record them. `now_ns` is the end of what is known.
void draw_not_recorded(Painter& painter, const Rect& plot, const TraceSource& source, const TimelineLayout& layout,
                       const Viewport& viewport, std::int64_t now_ns);
/// Hatches what the app keeps no more, row by row. Draws lost events, jumps of the clock and impossible times across all rows.
void draw_gaps(Painter& painter, const Rect& plot, const TimelineLayout& layout);

}  // namespace loopscope::gui

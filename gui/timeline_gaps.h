#pragma once
/// What the timeline does not have: hatched, with words. Nothing there is drawn as if nothing had happened.

#include "gui/painter.h"
#include "gui/timeline_layout.h"
#include "gui/trace_source.h"

namespace loopscope::gui {

/// Hatches the rows that the level in force at a time did not record. `now_ns`: the right end of what is known.
void draw_not_recorded(Painter& painter, const Rect& plot, const TraceSource& source, const TimelineLayout& layout,
                       const Viewport& viewport, std::int64_t now_ns);
/// Lost events, jumps of the clock, times that cannot be: across all rows.
void draw_gaps(Painter& painter, const Rect& plot, const TimelineLayout& layout);

}  // namespace loopscope::gui

#pragma once
/// Paints the rows of a laid-out timeline. Thread: the app's one. Errors: none.

#include "gui/painter.h"
#include "gui/timeline_layout.h"
#include "gui/trace_source.h"

namespace loopscope::gui {

/// `selected`: callbacks of this name are outlined; kNoName: none.
void draw_rows(Painter& painter, const Rect& plot, const TraceSource& source, const TimelineLayout& layout,
               tracer::NameId selected);

/// Where a mark lies on the screen.
Rect rect_of(const Row& row, const Mark& mark);

}  // namespace loopscope::gui

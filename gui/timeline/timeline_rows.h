#pragma once
/// Paints the rows of a timeline after it was laid out. Thread: the app's one. Errors: none.

#include "gui/canvas/painter.h"
#include "gui/model/trace_source.h"
#include "gui/timeline/timeline_layout.h"

namespace loopscope::gui {

/// It outlines callbacks of the name `selected`; kNoName selects none.
void draw_rows(Painter& painter, const Rect& plot, const TraceSource& source, const TimelineLayout& layout,
               tracer::NameId selected);

/// The place of a mark on the screen.
Rect rect_of(const Row& row, const Mark& mark);

}  // namespace loopscope::gui

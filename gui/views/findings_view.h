#pragma once
/// The card "What to look at": the findings, worst first. A click on one shows it in the timeline.

#include "gui/canvas/painter.h"
#include "gui/model/digest.h"

namespace loopscope::gui {

/// The finding that was clicked, or null.
const tracer::Finding* draw_findings(Painter& painter, const Rect& area, const TraceSource& source,
                                     const Digest& digest);

}  // namespace loopscope::gui

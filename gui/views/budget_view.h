#pragma once
/// The card "Where the last second went": one bar for each activity.

#include "gui/canvas/painter.h"
#include "gui/model/digest.h"

namespace loopscope::gui {

void draw_budget(Painter& painter, const Rect& area, const Digest& digest);

}  // namespace loopscope::gui

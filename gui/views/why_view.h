#pragma once
/// The card "Why this timeout?": the latest poll in words.

#include "gui/canvas/painter.h"
#include "gui/model/digest.h"

namespace loopscope::gui {

void draw_why(Painter& painter, const Rect& area, const Digest& digest);

}  // namespace loopscope::gui

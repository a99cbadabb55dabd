#pragma once
/// The card "Why this timeout?": the latest poll in words.

#include "gui/digest.h"
#include "gui/painter.h"

namespace loopscope::gui {

void draw_why(Painter& painter, const Rect& area, const Digest& digest);

}  // namespace loopscope::gui

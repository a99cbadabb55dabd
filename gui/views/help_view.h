#pragma once
/// The help, over everything else: all keys and gestures, and what colours and hatching mean.

#include "gui/canvas/painter.h"

namespace loopscope::gui {

/// True if the user clicked to close it.
bool draw_help(Painter& painter, const Rect& window);

}  // namespace loopscope::gui

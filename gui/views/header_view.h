#pragma once
/// The bar at the top: the program, its state, the tiles and the buttons.

#include "gui/canvas/painter.h"
#include "gui/model/digest.h"

namespace loopscope::gui {

enum class HeaderAction : std::uint8_t { none, toggle_pause, open_sessions, open_help };

/// Tiles and buttons keep their places while their words change.
HeaderAction draw_header(Painter& painter, const Rect& area, const TraceSource& source, const Digest& digest,
                         bool paused);

}  // namespace loopscope::gui

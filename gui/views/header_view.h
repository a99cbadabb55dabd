#pragma once
/// The bar at the top: the program, its state, the tiles and the buttons.

#include "gui/canvas/painter.h"
#include "gui/model/digest.h"

namespace loopscope::gui {

struct HeaderState {
  bool paused = false;
  bool following = true;
};

enum class HeaderAction : std::uint8_t { none, toggle_pause, back_to_live, open_sessions };

HeaderAction draw_header(Painter& painter, const Rect& area, const TraceSource& source, const Digest& digest,
                         const HeaderState& state);

}  // namespace loopscope::gui

#pragma once
/// The loop as a wheel: its phases in the order in which this libuv runs them, the share of the last second that each took,
/// and the phase that ran at the moment of the digest. It shows the same poll as "Why this timeout?".

#include "gui/canvas/painter.h"
#include "gui/model/digest.h"

namespace loopscope::gui {

/// Nothing moves between two digests: the hand always points to the phase that is named.
void draw_loop(Painter& painter, const Rect& area, const TraceSource& source, const Digest& digest);

}  // namespace loopscope::gui

#pragma once
/// The graphs of the last minute: throughput, bytes, lag.

#include "gui/canvas/painter.h"
#include "gui/model/digest.h"

namespace loopscope::gui {

/// `now_ns`: the right end of the axis.
void draw_throughput_graph(Painter& painter, const Rect& area, const TraceSource& source, const Digest& digest,
                           std::int64_t now_ns);
void draw_bytes_graph(Painter& painter, const Rect& area, const TraceSource& source, const Digest& digest,
                      std::int64_t now_ns);
void draw_lag_graph(Painter& painter, const Rect& area, const TraceSource& source, const Digest& digest,
                    std::int64_t now_ns);

}  // namespace loopscope::gui

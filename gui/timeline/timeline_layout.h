#pragma once
/// Divides the timeline's height among its rows and has each laid out. Pure; the view paints them.
/// Thread: one. Errors: none. Units: pixels, ns.

#include <cstdint>
#include <vector>

#include "gui/canvas/geometry.h"
#include "gui/timeline/rows.h"
#include "gui/timeline/viewport.h"
#include "tracer/analysis/trace_model.h"

namespace loopscope::gui {

struct GapMark {
  float x0;
  float x1;
  tracer::Gap gap;
};

struct TimelineLayout {
  Rows rows;
  std::vector<GapMark> gaps;
  std::uint64_t slices = 0;  ///< in view, folded or not
};

struct TimelineRequest {
  Rect area;                  ///< of the rows; its x is that of the viewport
  float unit = 18;            ///< height of a line of text
  std::size_t task_rows = 8;  ///< at most
  std::int64_t now_ns = 0;    ///< the end of marks that are still open
  std::vector<TimeSpan> off;  ///< when the program recorded nothing
};

TimelineLayout lay_out(const tracer::TraceModel& model, const Viewport& viewport, const TimelineRequest& request);

}  // namespace loopscope::gui

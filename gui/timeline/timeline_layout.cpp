#include "gui/timeline/timeline_layout.h"

#include <algorithm>

#include "gui/timeline/folding.h"

namespace loopscope::gui {

namespace {

using RowList = std::array<Row*, Rows::kCount>;
using Heights = std::array<float, Rows::kCount>;  ///< 0: there is no room for the row

constexpr float kSpaceLines = 0.3F;  // between rows

/// First the rows that are always there, then those for which there is room, then the one that fills the rest. What that one
/// leaves over goes to the rows that show most.
Heights plan_heights(const RowList& rows, const Scene& scene, float height) {
  const float space = scene.unit * kSpaceLines;
  Heights heights{};
  float spaces = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i]->traits().need != Need::always)
      continue;
    heights[i] = scene.unit * rows[i]->traits().lines;
    height -= heights[i];
    ++spaces;
  }
  height -= spaces * space;
  for (std::size_t i = rows.size(); i-- > 0;) {
    const RowTraits& traits = rows[i]->traits();
    const float wanted = scene.unit * traits.lines;
    if (traits.need != Need::if_room || height - wanted < scene.unit * traits.keep)
      continue;
    heights[i] = wanted;
    height -= wanted + space;
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i]->traits().need != Need::rest)
      continue;
    heights[i] = rows[i]->fill(scene, height);
    height = std::max(height - heights[i], 0.0F);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RowTraits& traits = rows[i]->traits();
    heights[i] += std::min(height * traits.share, scene.unit * traits.most_more);
  }
  return heights;
}

/// From the top down to the row that fills the rest, and then from the bottom up to it, so that a lack of room shows in the
/// middle and not at the end.
void lay_rows(const RowList& rows, const Scene& scene, Rect area) {
  const float space = scene.unit * kSpaceLines;
  const Heights heights = plan_heights(rows, scene, area.height());
  std::size_t filled = 0;
  for (; rows[filled]->traits().need != Need::rest; ++filled) {
    if (heights[filled] == 0)
      continue;
    rows[filled]->lay_out(scene, area.cut_top(heights[filled]));
    area.cut_top(space);
  }
  rows[filled]->lay_out(scene, area.cut_top(heights[filled]));
  for (std::size_t i = rows.size(); --i > filled;) {
    if (heights[i] == 0)
      continue;
    rows[i]->lay_out(scene, area.cut_bottom(heights[i]));
    area.cut_bottom(space);
  }
}

}  // namespace

TimelineLayout lay_out(const tracer::TraceModel& model, const Viewport& viewport, const TimelineRequest& request) {
  TimelineLayout layout;
  const Scene scene{model, viewport, request.unit, request.task_rows, request.now_ns, request.off};
  lay_rows(layout.rows.all(), scene, request.area);
  for (const Row* row : layout.rows.all()) layout.slices += row->slices();
  for (const tracer::Gap& gap : model.gaps()) {
    if (gap.end_ns < viewport.begin_ns() || gap.begin_ns > viewport.end_ns())
      continue;
    const Mark mark = place(viewport, gap.begin_ns, gap.end_ns);
    layout.gaps.push_back({mark.x0, std::max(mark.x1, mark.x0 + 2), gap});
  }
  return layout;
}

}  // namespace loopscope::gui

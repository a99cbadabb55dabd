#include "gui/timeline/iterations_row.h"

#include "gui/timeline/folding.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::duration_text;

void IterationsRow::lay_out(const Scene& scene, const Rect& area) {
  const auto& iterations = scene.model.iterations();
  auto& marks = add_strip(scene, area, "Iterations", iterations.dropped_until_ns()).marks;
  slices_ = lay_slices(marks, iterations, scene.viewport);
  if (scene.model.open_iteration())
    lay_open(marks, scene, scene.model.open_iteration()->begin_ns);
}

void IterationsRow::draw(Painter& p, const TraceSource& source, tracer::NameId /*selected*/) const {
  const Theme& theme = p.theme();
  for (const Strip& strip : strips_) {
    for (const Mark& mark : strip.marks) {
      const bool odd = mark.open || mark.count > 1 || source.model().iterations()[mark.index].number % 2 == 1;
      const Rect rect = rect_of(strip, mark);
      const float seam = rect.width() > 3 ? 1.0F : 0.0F;
      p.fill({rect.x0, rect.y0, rect.x1 - seam, rect.y1}, odd ? theme.iteration_odd : theme.iteration_even,
             rect.width() > 6 ? p.px(2) : 0);
    }
  }
}

Lines IterationsRow::describe(const TraceSource& source, std::size_t /*strip*/, const Mark& mark) const {
  if (mark.open)
    return {"this iteration", duration_text(mark.worst_ns)};
  if (mark.count > 1)
    return {tracer::count_text(mark.count) + " iterations", "longest " + duration_text(mark.worst_ns)};
  const auto number = source.model().iterations()[mark.index].number;
  return {"iteration " + tracer::count_text(number), duration_text(mark.worst_ns)};
}

}  // namespace loopscope::gui

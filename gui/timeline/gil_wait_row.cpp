#include "gui/timeline/gil_wait_row.h"

#include <algorithm>
#include <cmath>

#include "gui/timeline/folding.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

void GilWaitRow::lay_out(const Scene& scene, const Rect& area) {
  const auto& waits = scene.model.gil_waits();
  Strip& strip = add_strip(scene, area, "GIL wait", waits.dropped_until_ns());
  slices_ = lay_slices(strip.marks, waits, scene.viewport);
}

/// Every wake-up waits a little, so only long waits stand out.
void GilWaitRow::draw(Painter& p, const TraceSource& /*source*/, tracer::NameId /*selected*/) const {
  const Color color = p.theme().activity(tracer::Activity::gil_wait);
  for (const Strip& strip : strips_) {
    for (const Mark& mark : strip.marks) {
      const float decades = std::log10(std::max(static_cast<float>(mark.worst_ns), 1.0F) / 1e3F);
      p.fill(rect_of(strip, mark), with_alpha(color, std::clamp(decades / 3.0F, 0.18F, 1.0F)));
    }
  }
}

Lines GilWaitRow::describe(const TraceSource& /*source*/, std::size_t /*strip*/, const Mark& mark) const {
  Lines lines{"waited " + tracer::duration_text(mark.worst_ns) + " for the GIL after a poll"};
  if (mark.count > 1)
    lines.push_back("longest of " + tracer::count_text(mark.count) + " in this mark");
  lines.emplace_back("waits within callbacks are not seen: they count to the callback");
  return lines;
}

}  // namespace loopscope::gui

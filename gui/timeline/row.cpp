#include "gui/timeline/row.h"

#include <algorithm>

namespace loopscope::gui {

void Row::draw_labels(Painter& p, const Rect& gutter, const TraceSource& /*source*/) const {
  for (const Strip& strip : strips_) {
    p.text_fit({gutter.x0, strip.area.centre().y}, Face::small, p.theme().text_dim, strip.label,
               gutter.width() - p.px(8));
  }
}

std::optional<Hit> Row::hit(const TraceSource& source, Point at) const {
  for (std::size_t i = 0; i < strips_.size(); ++i) {
    const Mark* mark = strips_[i].area.contains(at) ? mark_at(strips_[i], at) : nullptr;
    if (mark == nullptr)
      continue;
    Hit hit{describe(source, i, *mark), std::nullopt, tracer::kNoName};
    if (const auto name = name_of(source, i, *mark)) {
      hit.outline = rect_of(strips_[i], *mark);
      hit.name = *name;
    }
    return hit;
  }
  return std::nullopt;
}

const Mark* Row::mark_at(const Strip& strip, Point at) const {
  return nearest_mark(strip, at, false);
}

Strip& Row::add_strip(const Scene& scene, const Rect& area, const char* label, std::int64_t dropped_until_ns) {
  float kept_x = area.x0;
  if (dropped_until_ns > 0)
    kept_x = scene.viewport.to_x_in_view(dropped_until_ns);
  return strips_.emplace_back(Strip{label, area, kept_x, {}});
}

const Mark* nearest_mark(const Strip& strip, Point at, bool stacked) {
  if (at.y < strip.area.y0 || at.y >= strip.area.y1)
    return nullptr;
  const float share = (at.y - strip.area.y0) / std::max(strip.area.height(), 1.0F);
  const Mark* nearest = nullptr;
  float best = 2.5F;
  for (const Mark& mark : strip.marks) {
    if (stacked && (share < mark.y0 || share > mark.y1))
      continue;
    const float distance = at.x < mark.x0 ? mark.x0 - at.x : at.x > mark.x1 ? at.x - mark.x1 : 0;
    if (distance < best) {
      best = distance;
      nearest = &mark;
    }
  }
  return nearest;
}

Rect rect_of(const Strip& strip, const Mark& mark) {
  const float h = strip.area.height();
  return {mark.x0, strip.area.y0 + mark.y0 * h, mark.x1, strip.area.y0 + mark.y1 * h};
}

}  // namespace loopscope::gui

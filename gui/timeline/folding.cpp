#include "gui/timeline/folding.h"

namespace loopscope::gui {

Mark place(const Viewport& viewport, std::int64_t begin_ns, std::int64_t end_ns) {
  Mark mark;
  mark.begin_ns = begin_ns;
  mark.end_ns = end_ns;
  mark.x0 = viewport.to_x_in_view(begin_ns);
  mark.x1 = std::min(std::max(viewport.to_x_in_view(end_ns), mark.x0 + 1), viewport.x1());
  mark.x0 = std::min(mark.x0, mark.x1);
  return mark;
}

Mark place_slice(const Viewport& viewport, std::int64_t begin_ns, std::int64_t end_ns, std::uint64_t index) {
  Mark mark = place(viewport, begin_ns, end_ns);
  mark.total_ns = mark.worst_ns = end_ns - begin_ns;
  mark.index = index;
  return mark;
}

void push(std::vector<Mark>& marks, Mark mark) {
  if (!marks.empty() && mark.x0 < marks.back().x1) {
    mark.x0 = marks.back().x1;
    mark.x1 = std::max(mark.x1, mark.x0);
  }
  marks.push_back(mark);
}

void lay_open(std::vector<Mark>& marks, const Scene& scene, std::int64_t begin_ns, tracer::Activity activity) {
  const Viewport& viewport = scene.viewport;
  if (begin_ns >= viewport.end_ns() || scene.now_ns <= viewport.begin_ns() || scene.now_ns <= begin_ns)
    return;
  Mark mark = place_slice(viewport, begin_ns, scene.now_ns, 0);
  mark.activity = activity;
  mark.open = true;
  push(marks, mark);
}

}  // namespace loopscope::gui

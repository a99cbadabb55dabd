#pragma once
/// The phases of the loop, each in its hue; sleep is hatched. Folded phases are drawn as shares of the time of their cell.
/// Thread: one. Errors: none. Units: pixels, ns.

#include "gui/timeline/row.h"

namespace loopscope::gui {

class PhasesRow final : public Row {
 public:
  PhasesRow() : Row({.lines = 1.55F, .share = 0.25F, .most_more = 1}) {}
  void lay_out(const Scene& scene, const Rect& area) override;
  void draw(Painter& painter, const TraceSource& source, tracer::NameId selected) const override;

 private:
  [[nodiscard]] Lines describe(const TraceSource& source, std::size_t strip, const Mark& mark) const override;
  [[nodiscard]] const Mark* mark_at(const Strip& strip, Point at) const override {
    return nearest_mark(strip, at, true);
  }
};

}  // namespace loopscope::gui

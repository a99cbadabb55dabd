#pragma once
/// The iterations, in two shades by turns. Thread: one. Errors: none. Units: pixels, ns.

#include "gui/timeline/row.h"

namespace loopscope::gui {

class IterationsRow final : public Row {
 public:
  IterationsRow() : Row({.lines = 0.95F, .line_above = false}) {}
  void lay_out(const Scene& scene, const Rect& area) override;
  void draw(Painter& painter, const TraceSource& source, tracer::NameId selected) const override;

 private:
  [[nodiscard]] Lines describe(const TraceSource& source, std::size_t strip, const Mark& mark) const override;
};

}  // namespace loopscope::gui

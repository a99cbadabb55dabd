#pragma once
/// How long the loop waited for the GIL after its polls. Thread: one. Errors: none. Units: pixels, ns.

#include "gui/timeline/row.h"

namespace loopscope::gui {

class GilWaitRow final : public Row {
 public:
  GilWaitRow() : Row({.need = Need::if_room, .lines = 0.85F, .keep = 2}) {}
  void lay_out(const Scene& scene, const Rect& area) override;
  void draw(Painter& painter, const TraceSource& source, tracer::NameId selected) const override;

 private:
  [[nodiscard]] Lines describe(const TraceSource& source, std::size_t strip, const Mark& mark) const override;
};

}  // namespace loopscope::gui

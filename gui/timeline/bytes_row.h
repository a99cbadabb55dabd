#pragma once
/// Bytes read and bytes written, one strip each. A bar's height shows the amount. Thread: one. Errors: none.
/// Units: pixels, ns, bytes.

#include "gui/timeline/row.h"

namespace loopscope::gui {

class BytesRow final : public Row {
 public:
  BytesRow() : Row({.need = Need::if_room, .lines = 1.8F, .keep = 3, .level = tracer::Level::callbacks}) {}
  void lay_out(const Scene& scene, const Rect& area) override;
  void draw(Painter& painter, const TraceSource& source, tracer::NameId selected) const override;

 private:
  [[nodiscard]] Lines describe(const TraceSource& source, std::size_t strip, const Mark& mark) const override;
};

}  // namespace loopscope::gui

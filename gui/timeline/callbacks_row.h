#pragma once
/// The callbacks. One that held the loop is outlined in the colour of alarm and has its name and duration beside it.
/// Thread: one. Errors: none. Units: pixels, ns.

#include "gui/timeline/row.h"

namespace loopscope::gui {

class CallbacksRow final : public Row {
 public:
  CallbacksRow() : Row({.lines = 1.55F, .share = 0.25F, .most_more = 1, .level = tracer::Level::callbacks}) {}
  void lay_out(const Scene& scene, const Rect& area) override;
  void draw(Painter& painter, const TraceSource& source, tracer::NameId selected) const override;

 private:
  [[nodiscard]] Lines describe(const TraceSource& source, std::size_t strip, const Mark& mark) const override;
  [[nodiscard]] std::optional<tracer::NameId> name_of(const TraceSource& source, std::size_t strip,
                                                      const Mark& mark) const override;
};

}  // namespace loopscope::gui

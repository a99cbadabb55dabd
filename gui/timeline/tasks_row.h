#pragma once
/// The steps of the tasks, a strip each, and a dashed line from when a step was ready to when it began. If there are too many
/// tasks, there is a strip for each coroutine instead.
/// Thread: one. Errors: none. Units: pixels, ns.

#include <vector>

#include "gui/timeline/row.h"

namespace loopscope::gui {

/// The wait of a step, from ready to begin.
struct WaitMark {
  float x0;
  float x1;
  std::int64_t waited_ns;
  std::uint64_t index;
};

class TasksRow final : public Row {
 public:
  TasksRow() : Row({.need = Need::rest, .line_above = false, .level = tracer::Level::callbacks}) {}
  float fill(const Scene& scene, float room) override;
  void lay_out(const Scene& scene, const Rect& area) override;
  void draw(Painter& painter, const TraceSource& source, tracer::NameId selected) const override;
  void draw_labels(Painter& painter, const Rect& gutter, const TraceSource& source) const override;
  /// By strip.
  [[nodiscard]] const std::vector<std::vector<WaitMark>>& waits() const { return waits_; }

 private:
  [[nodiscard]] tracer::CallbackSlice slice_of(const TraceSource& source, std::size_t strip,
                                               const Mark& mark) const;
  [[nodiscard]] Lines describe(const TraceSource& source, std::size_t strip, const Mark& mark) const override;
  [[nodiscard]] std::optional<tracer::NameId> name_of(const TraceSource& source, std::size_t strip,
                                                      const Mark& mark) const override;

  float task_height_ = 0;
  std::vector<const tracer::TaskTrack*> tracks_;  ///< by strip
  std::vector<std::vector<WaitMark>> waits_;      ///< by strip
};

}  // namespace loopscope::gui

#pragma once
/// The timeline: paints what timeline_layout lays out, and turns the mouse into zoom, pan and selection.

#include <optional>

#include "gui/canvas/painter.h"
#include "gui/model/digest.h"
#include "gui/timeline/timeline_layout.h"
#include "gui/timeline/viewport.h"

namespace loopscope::gui {

class TimelineView {
 public:
  void draw(Painter& painter, const Rect& area, const TraceSource& source);

  void zoom(double factor);  ///< around the right edge while following, else around the middle
  void pan(float share);     ///< `share` of the view; positive moves towards the present
  void follow();
  void reset();  ///< follows, and shows the last two seconds
  void leave_live() { following_ = false; }
  void show(std::int64_t begin_ns, std::int64_t end_ns);
  void select(tracer::NameId name) { selected_ = name; }
  [[nodiscard]] bool following() const { return following_; }
  [[nodiscard]] tracer::NameId selected() const { return selected_; }
  /// The oldest moment in view.
  [[nodiscard]] std::int64_t begin_ns() const { return viewport_.begin_ns(); }

 private:
  void handle_mouse(Painter& painter, const Rect& plot);
  void draw_frame(Painter& painter, const Rect& area, const TraceSource& source, std::uint64_t slices);
  void draw_axis(Painter& painter, const Rect& axis, const Rect& plot, std::int64_t now_ns,
                 const char* now_text) const;
  void draw_rows(Painter& painter, const Rect& plot, const TraceSource& source,
                 const TimelineLayout& layout) const;
  void hover(Painter& painter, const Rect& plot, const TraceSource& source, const TimelineLayout& layout,
             std::int64_t now_ns);

  static constexpr std::int64_t kPlainSpanNs = 2'000'000'000;
  Viewport viewport_{0, kPlainSpanNs, 0, 1};
  bool following_ = true;
  bool placed_ = false;
  bool dragging_ = false;
  bool dragged_ = false;
  float drag_x_ = 0;
  std::optional<std::int64_t> origin_ns_;  ///< the 0 of the axis; empty: now
  tracer::NameId selected_ = tracer::kNoName;
};

}  // namespace loopscope::gui

#pragma once
/// The card "What to look at": the findings, worst first. A click on one shows it in the timeline.
///
/// Findings that do not fit whole are left out; the wheel, and a click on "and N more", scroll to them. While the pointer is over
/// the card the findings keep their places.

#include <cstddef>
#include <vector>

#include "gui/canvas/painter.h"
#include "gui/model/digest.h"

namespace loopscope::gui {

class FindingsView {
 public:
  /// The finding that was clicked, or null. It is valid until the next call.
  const tracer::Finding* draw(Painter& painter, const Rect& area, const TraceSource& source, const Digest& digest);

 private:
  const tracer::Finding* draw_list(Painter& painter, Rect area);
  void draw_rest(Painter& painter, const Rect& line, std::size_t end, std::size_t whole_end);

  std::vector<tracer::Finding> findings_;  ///< as they were drawn last
  std::size_t first_ = 0;                  ///< the first that is shown
};

}  // namespace loopscope::gui

#pragma once
/// The loop as a wheel: its phases in the order in which this libuv runs them, their share of the last second,
/// and where it was at the moment of the digest. It speaks of the same poll as "Why this timeout?".

#include "gui/digest.h"
#include "gui/painter.h"

namespace loopscope::gui {

class LoopView {
 public:
  /// `frozen`: paused or ended; the hand stays where it was.
  void draw(Painter& painter, const Rect& area, const TraceSource& source, const Digest& digest, bool frozen);

 private:
  float hand_ = 0;  ///< where the hand points; only the picture is eased
};

}  // namespace loopscope::gui

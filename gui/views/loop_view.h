#pragma once
/// The loop as a wheel: its phases in the order in which this libuv runs them, the share of the last second that each took,
/// and the phase that ran at the moment of the digest. It shows the same poll as "Why this timeout?".

#include "gui/canvas/painter.h"
#include "gui/model/digest.h"

namespace loopscope::gui {

class LoopView {
 public:
  /// `frozen`: paused or ended; the hand stays where it was.
  void draw(Painter& painter, const Rect& area, const TraceSource& source, const Digest& digest, bool frozen);

 private:
  float hand_ = 0;  ///< the angle of the hand; its movement is eased, numbers are not
};

}  // namespace loopscope::gui

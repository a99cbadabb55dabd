#pragma once
/// The loop as a wheel: its phases in the order in which this libuv runs them, their share of the last second,
/// and where it is now.

#include "gui/digest.h"
#include "gui/painter.h"

namespace loopscope::gui {

class LoopView {
 public:
  /// `frozen`: paused or ended; the hand stays where it was.
  void draw(Painter& painter, const Rect& area, const TraceSource& source, const Digest& digest, bool frozen,
            double seconds);

 private:
  std::array<float, tracer::kPhaseCount> shares_{};  ///< eased towards the digest's
  float hand_ = 0;
  double looked_ = -1;
  tracer::Present shown_{};  ///< renewed slowly enough to be read
  std::int64_t shown_ns_ = 0;
  std::size_t sockets_ = 0;
};

}  // namespace loopscope::gui

#pragma once
/// Measures once what recording costs on this machine. The app does not wait for it, and no program is involved.
/// Thread: the one that draws; it measures on a thread of its own. Errors: the calibration says if it could not be measured.

#include <future>
#include <optional>

#include "gui/model/digest.h"

namespace loopscope::gui {

class CostMeasurement {
 public:
  /// Begins with the first call. Answers the result once, in the first call after it is there.
  std::optional<Calibration> poll();

 private:
  std::future<std::optional<tracer::RecordingCosts>> measuring_;
  bool done_ = false;
};

}  // namespace loopscope::gui

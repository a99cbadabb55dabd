#include "gui/cost_measurement.h"

#include <chrono>

#include "tracer/write/cost_calibration.h"

namespace loopscope::gui {

std::optional<Calibration> CostMeasurement::poll() {
  if (done_)
    return std::nullopt;
  if (!measuring_.valid())
    measuring_ = std::async(std::launch::async, [] { return tracer::measure_recording_costs(); });
  if (measuring_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    return std::nullopt;
  done_ = true;
  return Calibration{true, measuring_.get()};
}

}  // namespace loopscope::gui

#pragma once
/// Where a stretch of time went, by activity. The parts add up to the whole: time that was not recorded is
/// Activity::unknown. Thread: one. Errors: none. Units: ns.

#include <cstdint>

#include "tracer/analysis/trace_model.h"

namespace loopscope::tracer {

struct TimeBudget {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  ActivityTimes times;

  [[nodiscard]] std::int64_t total_ns() const { return end_ns - begin_ns; }
  [[nodiscard]] double share(Activity activity) const {
    return total_ns() > 0 ? static_cast<double>(times[activity]) / static_cast<double>(total_ns()) : 0.0;
  }
  [[nodiscard]] std::int64_t phase_ns(Phase phase) const;
};

/// The budget of [begin_ns, end_ns). A phase that is still open in the model counts until `end_ns`.
TimeBudget time_budget(const TraceModel& model, std::int64_t begin_ns, std::int64_t end_ns);

}  // namespace loopscope::tracer

#include "tracer/analysis/hang.h"

#include "tracer/analysis/wording.h"

namespace loopscope::tracer {

namespace {

/// Whether the program's callbacks run in this activity.
bool runs_callbacks(Activity activity) {
  switch (activity) {
    case Activity::timers:
    case Activity::idle:
    case Activity::poll_io:
    case Activity::closing:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string Hang::held_text() const {
  return (cpu_wait_ns > 0 ? "≥ " : "") + duration_text(held_ns());
}

std::optional<Hang> find_hang(const TraceModel& model, const CpuWaits& waits, std::int64_t now_ns,
                              std::int64_t least_ns) {
  Hang hang;
  if (model.open_phase())
    hang.activity = model.open_phase()->activity;
  if (!model.open_callbacks().empty()) {
    hang.callback = model.open_callbacks().front();
    hang.begin_ns = hang.callback->begin_ns;
  } else if (!model.callbacks_recorded() && runs_callbacks(hang.activity)) {
    hang.begin_ns = model.open_phase()->begin_ns;
  } else {
    return std::nullopt;
  }
  hang.lasts_ns = now_ns - hang.begin_ns;
  hang.cpu_wait_ns = waits.at_most_ns(hang.begin_ns, now_ns);
  if (hang.held_ns() < least_ns)
    return std::nullopt;
  return hang;
}

}  // namespace loopscope::tracer

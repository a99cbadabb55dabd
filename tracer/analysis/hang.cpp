#include "tracer/analysis/hang.h"

#include <algorithm>

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

/// What may hold the loop, however short. Nothing if the loop may sleep or does not run.
std::optional<Hang> holder(const TraceModel& model) {
  Hang hang;
  if (model.open_phase())
    hang.activity = model.open_phase()->activity;
  if (!model.open_callbacks().empty()) {
    hang.callback = model.open_callbacks().front();
    hang.begin_ns = hang.callback->begin_ns;
    return hang;
  }
  if (!model.callbacks_recorded() && runs_callbacks(hang.activity)) {
    hang.kind = Hang::Kind::phase;
    hang.begin_ns = model.open_phase()->begin_ns;
    return hang;
  }
  const auto& poll = model.open_poll();
  if (!poll || poll->wake_ns != 0 || poll->timeout_ms < 0)
    return std::nullopt;
  hang.kind = Hang::Kind::overdue_poll;
  hang.begin_ns = add_ns(poll->begin_ns, std::int64_t{poll->timeout_ms} * 1'000'000);
  hang.poll_timeout_ms = poll->timeout_ms;
  return hang;
}

}  // namespace

std::string Hang::held_text() const {
  return (held_ns() < lasts.whole_ns ? "≥ " : "") + duration_text(held_ns());
}

std::optional<Hang> find_hang(const TraceModel& model, const CpuWaits& waits, std::int64_t now_ns,
                              std::int64_t least_ns) {
  auto hang = holder(model);
  if (!hang || hang->begin_ns > now_ns)
    return std::nullopt;
  hang->lasts = judge(waits, hang->begin_ns, now_ns);
  hang->lasts.before_sampling = false;
  if (hang->kind == Hang::Kind::overdue_poll)
    least_ns = std::max(least_ns, kLeastOverdueNs);
  return hang->held_ns() < least_ns ? std::nullopt : hang;
}

bool is_over(const Hang& hang, const TraceModel& model) {
  const auto now = holder(model);
  return !now || now->kind != hang.kind || now->begin_ns != hang.begin_ns;
}

}  // namespace loopscope::tracer

#include "tracer/analysis/time_budget.h"

#include <algorithm>

namespace loopscope::tracer {

namespace {

std::int64_t overlap(std::int64_t a0, std::int64_t a1, std::int64_t b0, std::int64_t b1) {
  return std::max<std::int64_t>(0, std::min(a1, b1) - std::max(a0, b0));
}

/// How much of [begin, end) was recorded: from the first event on, without gaps.
std::int64_t watched_ns(const TraceModel& model, std::int64_t begin, std::int64_t end) {
  if (model.first_event_ns() == 0)
    return 0;
  std::int64_t watched = overlap(begin, end, model.first_event_ns(), end);
  for (const Gap& gap : model.gaps()) watched -= overlap(begin, end, gap.begin_ns, gap.end_ns);
  const bool open = model.open_phase().has_value();
  if (!open)
    watched -= overlap(begin, end, model.last_event_ns(), end);
  return std::max<std::int64_t>(watched, 0);
}

}  // namespace

std::int64_t TimeBudget::phase_ns(Phase phase) const {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kActivityCount; ++i) {
    if (phase_of(static_cast<Activity>(i)) == phase && phase != Phase::none)
      sum += times.ns[i];
  }
  return sum;
}

TimeBudget time_budget(const TraceModel& model, std::int64_t begin_ns, std::int64_t end_ns) {
  TimeBudget budget{begin_ns, end_ns, {}};
  const auto& phases = model.phases();
  const std::uint64_t from = phases.first_ending_after(begin_ns);
  const std::uint64_t to = phases.first_beginning_at(end_ns, from);
  if (from < to) {
    budget.times = phases.summarise(from, to);
    const auto trim = [&budget](const PhaseSlice& slice, std::int64_t ns) {
      budget.times.ns[static_cast<std::size_t>(slice.activity)] -= ns;
    };
    const PhaseSlice& head = phases[from];
    if (head.begin_ns < begin_ns)
      trim(head, begin_ns - head.begin_ns);
    const PhaseSlice& tail = phases[to - 1];
    if (tail.end_ns > end_ns)
      trim(tail, tail.end_ns - end_ns);
  }
  if (model.open_phase()) {
    const PhaseSlice& open = *model.open_phase();
    budget.times.ns[static_cast<std::size_t>(open.activity)] += overlap(begin_ns, end_ns, open.begin_ns, end_ns);
  }
  std::int64_t known = 0;
  for (const std::int64_t ns : budget.times.ns) known += ns;
  const std::int64_t watched = std::max(watched_ns(model, begin_ns, end_ns), known);
  budget.times.ns[static_cast<std::size_t>(Activity::between)] += watched - known;
  budget.times.ns[static_cast<std::size_t>(Activity::unknown)] +=
      std::max<std::int64_t>(budget.total_ns() - watched, 0);
  return budget;
}

}  // namespace loopscope::tracer

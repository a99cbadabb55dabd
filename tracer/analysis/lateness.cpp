#include "tracer/analysis/lateness.h"

#include <algorithm>

#include "tracer/analysis/time_budget.h"
#include "tracer/analysis/wording.h"

namespace loopscope::tracer {

namespace {

/// The time of callbacks before the last kMostLookedAt counts as the loop's own work.
void look_at_callbacks(const TraceModel& model, const CallbackSlice& late, Lateness& found, std::int64_t& ran_ns) {
  const auto& callbacks = model.callbacks();
  const std::uint64_t end = callbacks.first_beginning_at(late.begin_ns);
  std::uint64_t i = callbacks.first_ending_after(late.ready_ns);
  if (end > i + kMostLookedAt)
    i = end - kMostLookedAt;
  for (; i < end; ++i) {
    const CallbackSlice& slice = callbacks[i];
    const std::int64_t part = std::min(slice.end_ns, late.begin_ns) - std::max(slice.begin_ns, late.ready_ns);
    if (part <= 0)
      continue;
    ++found.callbacks;
    ran_ns = add_ns(ran_ns, part);
    if (part > found.culprit_ns) {
      found.culprit_ns = part;
      found.culprit = slice;
    }
  }
}

std::string callbacks_text(const Lateness& lateness, const LateShare& share, const NameLookup& names) {
  const std::string worst = callable_text(names(lateness.culprit->name), lateness.culprit->kind);
  if (lateness.culprit_ns * 2 > share.ns)
    return "It was due while " + worst + " ran.";
  return count_text(lateness.callbacks) + " other callbacks ran first, for " + duration_text(share.ns) +
         "; longest " + worst + " with " + duration_text(lateness.culprit_ns) + ".";
}

std::string cause_text(const Lateness& lateness, const LateShare& share, const NameLookup& names) {
  switch (share.cause) {
    case LateCause::callbacks:
      return callbacks_text(lateness, share, names);
    case LateCause::asleep:
      return "The loop was asleep in poll, and the kernel woke it " + duration_text(share.ns) + " late.";
    case LateCause::gil:
      return "The loop was awake and waited " + duration_text(share.ns) + " for the GIL.";
    case LateCause::stopped:
      return "The loop did not run for " + duration_text(share.ns) + " of this time.";
    case LateCause::own_work:
      return "The loop's own work between callbacks took " + duration_text(share.ns) + ".";
  }
  return {};
}

}  // namespace

Lateness lateness(const TraceModel& model, const CallbackSlice& late) {
  Lateness found;
  found.total_ns = late.waited_ns();
  if (found.total_ns == 0)
    return found;
  std::int64_t ran_ns = 0;
  look_at_callbacks(model, late, found, ran_ns);
  const TimeBudget budget = time_budget(model, late.ready_ns, late.begin_ns);
  const std::int64_t asleep = budget.times[Activity::poll_asleep];
  const std::int64_t gil = budget.times[Activity::gil_wait];
  const std::int64_t stopped = budget.times[Activity::stopped];
  const std::int64_t known = found.total_ns - budget.times[Activity::unknown];
  const std::int64_t own = known - ran_ns - asleep - gil - stopped;
  for (const LateShare& share : {LateShare{LateCause::callbacks, ran_ns}, LateShare{LateCause::asleep, asleep},
                                 LateShare{LateCause::gil, gil}, LateShare{LateCause::stopped, stopped},
                                 LateShare{LateCause::own_work, own}}) {
    if (share.ns > 0)
      found.shares.push_back(share);
  }
  std::stable_sort(found.shares.begin(), found.shares.end(),
                   [](const LateShare& left, const LateShare& right) { return left.ns > right.ns; });
  return found;
}

std::string lateness_text(const Lateness& lateness, const NameLookup& names) {
  const auto& shares = lateness.shares;
  if (shares.empty() || shares[0].ns * 2 <= lateness.total_ns)
    return "The cause is not known.";
  std::string text = cause_text(lateness, shares[0], names);
  if (shares.size() > 1 && shares[1].ns * 5 >= lateness.total_ns)
    text.append(" ").append(cause_text(lateness, shares[1], names));
  return text;
}

}  // namespace loopscope::tracer

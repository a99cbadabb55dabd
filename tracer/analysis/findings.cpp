#include "tracer/analysis/findings.h"

#include <algorithm>
#include <unordered_map>

#include "tracer/analysis/blame.h"
#include "tracer/analysis/time_budget.h"
#include "tracer/analysis/wording.h"

namespace loopscope::tracer {

namespace {

/// The worst case of one function, and how often it happened.
struct Case {
  std::uint64_t index = 0;
  std::int64_t worst_ns = 0;
  std::uint64_t times = 0;
};
using Cases = std::unordered_map<NameId, Case>;

void note_case(Cases& cases, NameId name, std::uint64_t index, std::int64_t ns) {
  Case& worst = cases[name];
  ++worst.times;
  if (ns > worst.worst_ns) {
    worst.worst_ns = ns;
    worst.index = index;
  }
}

std::string times_text(std::uint64_t times, const FindingRules& rules) {
  return times < 2
             ? ""
             : " · " + count_text(times) + " times in " + std::to_string(rules.window_ns / 1'000'000'000) + " s";
}

Finding held_loop(const TraceModel& model, const NameLookup& names, const Case& worst, const FindingRules& rules) {
  const CallbackSlice& slice = model.callbacks()[worst.index];
  const Name name = names(slice.name);
  const Harm harmed = harm(model, worst.index);
  Finding finding{FindingRule::callback_held_loop,
                  Severity::warning,
                  {},
                  {},
                  {},
                  slice.name,
                  slice.begin_ns,
                  slice.end_ns,
                  worst.worst_ns};
  if (worst.worst_ns >= rules.alarm_ns)
    finding.severity = Severity::alarm;
  finding.title = callable_text(name, slice.kind) + " held the loop for " + duration_text(worst.worst_ns);
  finding.detail = harmed.waited == 0
                       ? "No callback was ready meanwhile, but none could have run."
                       : count_text(harmed.waited) + (harmed.waited == 1 ? " callback" : " callbacks") +
                             " waited behind it; longest " + duration_text(harmed.longest_wait_ns) + ".";
  finding.place = place_text(name) + times_text(worst.times, rules);
  finding.weight_ns = add_ns(finding.weight_ns, harmed.total_wait_ns);
  return finding;
}

Finding timer_late(const TraceModel& model, const NameLookup& names, const Case& worst,
                   const FindingRules& rules) {
  const CallbackSlice& slice = model.callbacks()[worst.index];
  const Name name = names(slice.name);
  Finding finding{FindingRule::timer_late, Severity::warning, {}, {}, {}, slice.name, slice.ready_ns, slice.end_ns,
                  worst.worst_ns};
  if (worst.worst_ns >= 4 * rules.alarm_ns)
    finding.severity = Severity::alarm;
  finding.title = callable_text(name) + " fired " + duration_text(worst.worst_ns) + " late";
  const auto culprit = blame(model, slice);
  finding.detail =
      culprit && culprit->share_ns * 2 > worst.worst_ns
          ? "It was due while " + callable_text(names(culprit->culprit.name), culprit->culprit.kind) + " ran."
          : "It was due while the loop was busy with other callbacks.";
  finding.place = place_text(name) + times_text(worst.times, rules);
  return finding;
}

void find_slow(const TraceModel& model, const NameLookup& names, std::int64_t since_ns, const FindingRules& rules,
               std::vector<Finding>& found) {
  Cases slow;
  Cases late;
  const auto& callbacks = model.callbacks();
  for (std::uint64_t i = callbacks.first_beginning_at(since_ns); i < callbacks.last(); ++i) {
    const CallbackSlice& slice = callbacks[i];
    if (slice.duration_ns() >= rules.held_loop_ns)
      note_case(slow, slice.name, i, slice.duration_ns());
    if (slice.kind == CallbackKind::timer && slice.waited_ns() >= rules.timer_late_ns) {
      note_case(late, slice.name, i, slice.waited_ns());
    }
  }
  for (const auto& [name, worst] : slow) found.push_back(held_loop(model, names, worst, rules));
  for (const auto& [name, worst] : late) found.push_back(timer_late(model, names, worst, rules));
}

void find_gil(const TraceModel& model, std::int64_t now_ns, const FindingRules& rules,
              std::vector<Finding>& found) {
  const TimeBudget second = time_budget(model, now_ns - 1'000'000'000, now_ns);
  const double share = second.share(Activity::gil_wait);
  if (share < rules.gil_share)
    return;
  Finding finding{FindingRule::waiting_for_gil,    Severity::note, {}, {}, {}, kNoName, 0, 0,
                  second.times[Activity::gil_wait]};
  if (share > 0.2)
    finding.severity = Severity::warning;
  finding.title = percent_text(share) + " of the last second went to waiting for the GIL";
  finding.detail = "Another thread of the program runs Python code while the loop wants to.";
  const auto& waits = model.gil_waits();
  const std::uint64_t from = waits.first_ending_after(now_ns - 1'000'000'000);
  if (from < waits.last()) {
    const PhaseSlice& worst = waits[waits.summarise(from, waits.last()).index];
    finding.begin_ns = worst.begin_ns;
    finding.end_ns = worst.end_ns;
    finding.place = "longest " + duration_text(worst.end_ns - worst.begin_ns);
  }
  found.push_back(finding);
}

void find_lost(const TraceModel& model, std::int64_t since_ns, std::vector<Finding>& found) {
  Finding finding{FindingRule::events_lost, Severity::warning, {}, {}, {}, kNoName, 0, 0, 0};
  std::uint64_t lost = 0;
  for (const Gap& gap : model.gaps()) {
    if (gap.end_ns < since_ns || gap.reason != GapReason::lost)
      continue;
    lost += gap.events;
    finding.begin_ns = gap.begin_ns;
    finding.end_ns = gap.end_ns;
  }
  if (lost == 0)
    return;
  finding.title = count_text(lost) + (lost == 1 ? " event was lost" : " events were lost");
  finding.detail = "They were overwritten before this viewer could read them; the timeline marks where.";
  found.push_back(finding);
}

/// What the clock did: it changes what all other numbers mean.
void find_clock(const TraceModel& model, std::int64_t since_ns, std::vector<Finding>& found) {
  Finding jumped{FindingRule::clock_jumped, Severity::note, {}, {}, {}, kNoName, 0, 0, 0};
  Finding wrong{FindingRule::wrong_times, Severity::warning, {}, {}, {}, kNoName, 0, 0, 0};
  std::uint64_t events = 0;
  std::int64_t worst_ns = 0;
  for (const Gap& gap : model.gaps()) {
    if (gap.end_ns < since_ns)
      continue;
    if (gap.reason == GapReason::clock_jumped) {
      jumped.begin_ns = gap.begin_ns;
      jumped.end_ns = gap.end_ns;
      jumped.title = jump_text(gap.clock_ns);
    }
    if (gap.reason == GapReason::wrong_times) {
      events += gap.events;
      worst_ns = std::max(worst_ns, gap.clock_ns);
      wrong.begin_ns = gap.begin_ns;
      wrong.end_ns = gap.end_ns;
    }
  }
  if (!jumped.title.empty()) {
    jumped.detail =
        "A suspend, or a pause of its virtual machine. The timeline marks where; no time shown includes it.";
    found.push_back(jumped);
  }
  if (events == 0)
    return;
  wrong.title = count_text(events) + (events == 1 ? " event has" : " events have") + " an impossible time";
  wrong.detail = "Off by up to " + duration_text(worst_ns) +
                 ": the session is damaged, or its clock went back. They stand at the time before them.";
  found.push_back(wrong);
}

}  // namespace

std::vector<Finding> find_trouble(const TraceModel& model, const NameLookup& names, std::int64_t now_ns,
                                  const FindingRules& rules) {
  std::vector<Finding> found;
  const std::int64_t since = now_ns - rules.window_ns;
  find_slow(model, names, since, rules, found);
  find_gil(model, now_ns, rules, found);
  find_lost(model, since, found);
  find_clock(model, since, found);
  std::sort(found.begin(), found.end(), [](const Finding& left, const Finding& right) {
    if (left.severity != right.severity)
      return left.severity > right.severity;
    if (left.weight_ns != right.weight_ns)
      return left.weight_ns > right.weight_ns;
    return left.name < right.name;
  });
  if (found.size() > rules.most)
    found.resize(rules.most);
  return found;
}

}  // namespace loopscope::tracer

#include "tracer/analysis/findings.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

#include "tracer/analysis/hang.h"
#include "tracer/analysis/harm.h"
#include "tracer/analysis/judged_span.h"
#include "tracer/analysis/lateness.h"
#include "tracer/analysis/sleepless.h"
#include "tracer/analysis/time_budget.h"
#include "tracer/analysis/wording.h"

namespace loopscope::tracer {

namespace {

/// The worst case of one function, and how often it happened.
struct Case {
  std::uint64_t index = 0;
  std::int64_t worst_ns = 0;
  std::uint64_t times = 0;
  Judged judged;
};
using Cases = std::unordered_map<NameId, Case>;

void note_case(Cases& cases, NameId name, std::uint64_t index, const Judged& judged, std::int64_t least_ns) {
  const std::int64_t ns = judged.charged_ns(least_ns);
  if (ns < least_ns)
    return;
  Case& worst = cases[name];
  ++worst.times;
  // A case that was sampled goes before one that was not.
  const bool better_known = worst.judged.before_sampling && !judged.before_sampling;
  if (worst.times == 1 || better_known ||
      (ns > worst.worst_ns && worst.judged.before_sampling == judged.before_sampling)) {
    worst.worst_ns = ns;
    worst.index = index;
    worst.judged = judged;
  }
}

std::string times_text(std::uint64_t times, const FindingRules& rules) {
  return times < 2
             ? ""
             : " · " + count_text(times) + " times in " + std::to_string(rules.window_ns / 1'000'000'000) + " s";
}

/// A case from before the thread was sampled, in which the thread may have had no CPU.
bool is_doubtful(const Case& worst) {
  return worst.judged.before_sampling && worst.worst_ns == worst.judged.whole_ns && worst.judged.cpu_wait_ns > 0;
}

/// Such a finding stands below all that are known.
void say_doubt(Finding& finding) {
  constexpr std::int64_t kHour = 3'600'000'000'000;
  finding.severity = Severity::note;
  finding.weight_ns -= kHour;
  finding.detail += " It is not known whether the thread had a CPU: this viewer did not sample it yet.";
}

Finding held_loop(const TraceModel& model, const NameLookup& names, const Case& worst, const FindingRules& rules) {
  const CallbackSlice& slice = model.callbacks()[worst.index];
  const Name name = names(slice.name);
  const Harm harmed = harm(model, worst.index);
  Finding finding{FindingRule::callback_held_loop,
                  worst.worst_ns >= rules.alarm_ns ? Severity::alarm : Severity::warning,
                  {},
                  {},
                  place_text(name) + times_text(worst.times, rules),
                  slice.name,
                  slice.begin_ns,
                  slice.end_ns,
                  add_ns(worst.worst_ns, harmed.total_wait_ns)};
  const bool doubtful = is_doubtful(worst);
  finding.title = callable_text(name, slice.kind) + " held the loop for " +
                  (doubtful ? duration_text(worst.worst_ns) : sure_text(worst.judged));
  finding.detail = harm_text(harmed);
  if (doubtful)
    say_doubt(finding);
  else
    finding.detail += cpu_text(worst.judged);
  return finding;
}

/// Nothing of the program was in the way, so this is about the machine.
Finding woken_late(const CallbackSlice& slice, const Name& name, const Case& worst, const FindingRules& rules) {
  Finding finding{
      FindingRule::woken_late,
      Severity::note,
      "The kernel woke the loop " + duration_text(worst.judged.whole_ns) + " late",
      "It was asleep in poll when " + callable_text(name) + " came due. No callback is blamed for this time.",
      place_text(name) + times_text(worst.times, rules),
      kNoName,
      slice.ready_ns,
      slice.end_ns,
      worst.worst_ns};
  if (is_doubtful(worst))
    say_doubt(finding);
  else
    finding.detail += cpu_text(worst.judged);
  return finding;
}

/// A late timer is an effect. Its cause may be a finding, too, and must stand above it: so this is never an alarm.
Finding timer_late(const TraceModel& model, const NameLookup& names, const Case& worst,
                   const FindingRules& rules) {
  const CallbackSlice& slice = model.callbacks()[worst.index];
  const Name name = names(slice.name);
  const Lateness why = lateness(model, slice);
  if (why.is_the_kernels())
    return woken_late(slice, name, worst, rules);
  Finding finding{FindingRule::timer_late,
                  Severity::warning,
                  {},
                  {},
                  place_text(name) + times_text(worst.times, rules),
                  slice.name,
                  slice.ready_ns,
                  slice.end_ns,
                  worst.worst_ns};
  finding.title = callable_text(name) + " fired " + duration_text(worst.judged.whole_ns) + " late";
  finding.detail = lateness_text(why, names);
  if (is_doubtful(worst))
    say_doubt(finding);
  else
    finding.detail += cpu_text(worst.judged);
  return finding;
}

/// A span counts if it ended within the window. So one that is longer than the window is found as well.
void find_slow(const TraceModel& model, const NameLookup& names, const CpuWaits& waits, std::int64_t since_ns,
               const FindingRules& rules, std::vector<Finding>& found) {
  Cases slow;
  Cases late;
  const auto& callbacks = model.callbacks();
  for (std::uint64_t i = callbacks.first_ending_after(since_ns); i < callbacks.last(); ++i) {
    const CallbackSlice& slice = callbacks[i];
    if (slice.duration_ns() >= rules.held_loop_ns)
      note_case(slow, slice.name, i, judge(waits, slice.begin_ns, slice.end_ns), rules.held_loop_ns);
    if (slice.kind == CallbackKind::timer && slice.waited_ns() >= rules.timer_late_ns)
      note_case(late, slice.name, i, judge(waits, slice.ready_ns, slice.begin_ns), rules.timer_late_ns);
  }
  for (const auto& [name, worst] : slow) found.push_back(held_loop(model, names, worst, rules));
  std::optional<Finding> woken;
  for (const auto& [name, worst] : late) {
    Finding finding = timer_late(model, names, worst, rules);
    if (finding.rule != FindingRule::woken_late)
      found.push_back(std::move(finding));
    else if (!woken || finding.weight_ns > woken->weight_ns)
      woken = std::move(finding);
  }
  if (woken)
    found.push_back(std::move(*woken));
}

void find_hanging(const TraceModel& model, const NameLookup& names, const CpuWaits& waits, std::int64_t now_ns,
                  const FindingRules& rules, std::vector<Finding>& found) {
  const auto hang = find_hang(model, waits, now_ns, rules.held_loop_ns);
  if (!hang)
    return;
  Finding finding{FindingRule::loop_hangs, Severity::warning, {}, {}, {}, kNoName, hang->begin_ns, now_ns,
                  hang->held_ns()};
  if (hang->held_ns() >= rules.alarm_ns)
    finding.severity = Severity::alarm;
  const std::string held = sure_text(hang->lasts);
  switch (hang->kind) {
    case Hang::Kind::callback: {
      const Name name = names(hang->callback->name);
      finding.name = hang->callback->name;
      finding.title = callable_text(name, hang->callback->kind) + " has held the loop for " + held;
      finding.detail = "It is still running, and nothing else can run.";
      finding.place = place_text(name);
      break;
    }
    case Hang::Kind::phase:
      finding.title = "The loop has been in " + std::string(activity_text(hang->activity)) + " for " + held;
      finding.detail = "It is still there. This level does not record which callback runs.";
      break;
    case Hang::Kind::overdue_poll:
      finding.title = "The loop should have left its poll " + held + " ago";
      finding.detail =
          "The poll may last " + timeout_text(hang->poll_timeout_ms) +
          ". Why it lasts longer is not known. While another thread holds the GIL, it looks like this.";
      break;
  }
  finding.detail += cpu_text(hang->lasts);
  found.push_back(finding);
}

/// A debugger that only looks stops a program for a few ms.
constexpr std::int64_t kLeastStopNs = 200'000'000;

void find_stopped(const CpuWaits& waits, std::int64_t now_ns, std::vector<Finding>& found) {
  const auto since = waits.stopped_since_ns();
  if (!since || now_ns - *since < kLeastStopNs)
    return;
  Finding finding{
      FindingRule::program_stopped, Severity::warning, {}, {}, {}, kNoName, *since, now_ns, now_ns - *since};
  finding.title = "The program is stopped";
  finding.detail = "A signal or a debugger stopped it at least " + duration_text(now_ns - *since) +
                   " ago. Nothing of it runs, and no callback is blamed for this time.";
  found.push_back(finding);
}

void find_earlier_stops(const CpuWaits& waits, std::int64_t now_ns, const FindingRules& rules,
                        std::vector<Finding>& found) {
  const std::int64_t stopped_ns = waits.off_cpu(now_ns - rules.window_ns, now_ns).stopped_at_least_ns;
  if (stopped_ns < kLeastStopNs || waits.stopped_since_ns())
    return;
  Finding finding{FindingRule::program_was_stopped, Severity::note, {}, {}, {}, kNoName, 0, 0, stopped_ns};
  finding.title = "The program was stopped for at least " + duration_text(stopped_ns) + " of the last " +
                  std::to_string(rules.window_ns / 1'000'000'000) + " s";
  finding.detail = "A signal or a debugger stopped it. No callback is blamed for this time.";
  found.push_back(finding);
}

void find_cpu_waits(const CpuWaits& waits, std::int64_t now_ns, const FindingRules& rules,
                    std::vector<Finding>& found) {
  const auto share = waits.share(now_ns - 1'000'000'000, now_ns);
  if (!share || *share < rules.cpu_wait_share)
    return;
  Finding finding{FindingRule::waiting_for_cpu,           Severity::note, {}, {}, {}, kNoName, 0, 0,
                  static_cast<std::int64_t>(*share * 1e9)};
  finding.title = "The loop's thread waited for a CPU for " + percent_text(*share) + " of the last second";
  finding.detail =
      "It was ready to run and had no CPU (sampled). No callback is blamed for this time. A wait at the end of a "
      "sleep counts "
      "as asleep, too.";
  found.push_back(finding);
}

/// The part of the waits for the GIL that cannot have been a wait for a CPU. Short waits count whole.
std::int64_t gil_wait_ns(const TraceModel& model, const CpuWaits& waits, const TimeBudget& second) {
  constexpr std::int64_t kWorthAsking = 1'000'000;
  std::int64_t waited = second.times[Activity::gil_wait];
  const auto& all = model.gil_waits();
  for (std::uint64_t i = all.first_ending_after(second.begin_ns); i < all.last(); ++i) {
    const std::int64_t begin = std::max(all[i].begin_ns, second.begin_ns);
    if (all[i].end_ns - begin >= kWorthAsking)
      waited -= waits.at_most_ns(begin, all[i].end_ns);
  }
  return waited;
}

void find_gil(const TraceModel& model, const CpuWaits& waits, std::int64_t now_ns, const FindingRules& rules,
              std::vector<Finding>& found) {
  const TimeBudget second = time_budget(model, now_ns - 1'000'000'000, now_ns);
  const std::int64_t waited_ns = gil_wait_ns(model, waits, second);
  const double share = static_cast<double>(waited_ns) / static_cast<double>(second.total_ns());
  if (share < rules.gil_share)
    return;
  Finding finding{FindingRule::waiting_for_gil, Severity::note, {}, {}, {}, kNoName, 0, 0, waited_ns};
  if (share > 0.2)
    finding.severity = Severity::warning;
  const std::int64_t whole_ns = second.times[Activity::gil_wait];
  finding.title = "After its polls the loop waited " + duration_text(whole_ns) + " of the last second for the GIL";
  finding.detail =
      "Another thread of the program held it when the loop woke. Waits within callbacks are not seen.";
  if (whole_ns > waited_ns)
    finding.detail += " Up to " + duration_text(whole_ns - waited_ns) + " of it was a wait for a CPU (sampled).";
  const auto& all = model.gil_waits();
  const std::uint64_t from = all.first_ending_after(now_ns - 1'000'000'000);
  if (from < all.last()) {
    const PhaseSlice& worst = all[all.summarise(from, all.last()).index];
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

/// Faults of the clock, because they change what all other numbers mean.
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
        "The machine was suspended, or its virtual machine was paused. The timeline marks where; no duration "
        "includes this time.";
    found.push_back(jumped);
  }
  if (events == 0)
    return;
  wrong.title = count_text(events) + (events == 1 ? " event has" : " events have") + " an impossible time";
  wrong.detail =
      "They are off by up to " + duration_text(worst_ns) +
      ": the session is damaged, or its clock went back. Each stands at the time of the event before it.";
  found.push_back(wrong);
}

}  // namespace

bool is_about_now(FindingRule rule) {
  return rule == FindingRule::loop_hangs || rule == FindingRule::program_stopped;
}

std::vector<Finding> find_trouble(const TraceModel& model, const NameLookup& names, std::int64_t now_ns,
                                  const CpuWaits& waits, Program program,
                                  std::optional<std::int64_t> awake_since_ns, const FindingRules& rules) {
  std::vector<Finding> found;
  const std::int64_t since = now_ns - rules.window_ns;
  if (program == Program::lives) {
    find_hanging(model, names, waits, now_ns, rules, found);
    find_stopped(waits, now_ns, found);
    find_earlier_stops(waits, now_ns, rules, found);
    find_cpu_waits(waits, now_ns, rules, found);
  }
  find_slow(model, names, waits, since, rules, found);
  find_gil(model, waits, now_ns, rules, found);
  if (auto busy = find_sleepless(model, names, now_ns, awake_since_ns))
    found.push_back(std::move(*busy));
  find_lost(model, since, found);
  find_clock(model, since, found);
  std::sort(found.begin(), found.end(), [](const Finding& left, const Finding& right) {
    if (is_about_now(left.rule) != is_about_now(right.rule))
      return is_about_now(left.rule);
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

#pragma once
/// What to look at: a few rules, each of which answers in sentences. A healthy trace has no findings.
///
/// Thread: one. Errors: none. Units: ns.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tracer/analysis/cpu_waits.h"
#include "tracer/analysis/trace_model.h"
#include "tracer/analysis/wording.h"

namespace loopscope::tracer {

enum class FindingRule : std::uint8_t {
  loop_hangs,
  program_stopped,  ///< by a signal or a debugger
  events_lost,
  program_was_stopped,  ///< and runs again
  callback_held_loop,
  timer_late,
  woken_late,  ///< timers came late because the kernel woke the loop late: one finding for all of them
  waiting_for_gil,
  waiting_for_cpu,
  never_sleeps,
  clock_jumped,
  wrong_times,
  program_died  ///< find_trouble() never reports it; the viewer does, when the writer is gone
};
enum class Severity : std::uint8_t { note, warning, alarm };

struct Finding {
  FindingRule rule;
  Severity severity;
  std::string title;   ///< "render_report() held the loop for 29.6 ms"
  std::string detail;  ///< "34 callbacks waited behind it; longest 28.1 ms."
  std::string place;   ///< "report.py:88 · 3 times in 30 s"; may be empty
  NameId name = kNoName;
  std::int64_t begin_ns = 0;  ///< the stretch of the timeline to show; 0: none
  std::int64_t end_ns = 0;
  std::int64_t weight_ns = 0;  ///< the harm, to sort by
};

struct FindingRules {
  std::int64_t held_loop_ns = 10'000'000;  ///< a callback that runs this long is a finding
  std::int64_t alarm_ns = 25'000'000;
  std::int64_t timer_late_ns = 10'000'000;
  double gil_share = 0.02;                  ///< of the last second
  double cpu_wait_share = 0.05;             ///< of the last second
  std::int64_t window_ns = 30'000'000'000;  ///< how long a finding stays after its cause has ended
  std::size_t most = 6;
};

enum class Program : std::uint8_t { lives, ended };

/// What keeps everything from running now. Such a finding comes before all others, and ends when this does.
bool is_about_now(FindingRule rule);

/// The findings, worst first. `now_ns` is the end of what is known.
///
/// No callback is blamed for what the kernel did: a late timer of a loop that was asleep is the kernel's.
/// No callback is blamed for time in which the loop's thread waited for a CPU or was stopped. The rules first subtract the longest
/// such time that `waits` allows within a callback, or before a timer. If sampling began too late to tell, the finding is a note
/// that says so.
/// Without samples they subtract nothing. `awake_since_ns`: since when the counters know that no poll slept.
std::vector<Finding> find_trouble(const TraceModel& model, const NameLookup& names, std::int64_t now_ns,
                                  const CpuWaits& waits = {}, Program program = Program::lives,
                                  std::optional<std::int64_t> awake_since_ns = {}, const FindingRules& rules = {});

}  // namespace loopscope::tracer

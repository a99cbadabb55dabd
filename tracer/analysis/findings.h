#pragma once
/// What to look at: a few rules, each of which answers with sentences. A healthy trace has no findings.
///
/// Thread: one. Errors: none. Units: ns.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tracer/analysis/trace_model.h"
#include "tracer/session.h"

namespace loopscope::tracer {

enum class FindingRule : std::uint8_t {
  events_lost,
  callback_held_loop,
  timer_late,
  waiting_for_gil,
  clock_jumped,
  wrong_times
};
enum class Severity : std::uint8_t { note, warning, alarm };

struct Finding {
  FindingRule rule;
  Severity severity;
  std::string title;   ///< "render_report() held the loop for 29.6 ms"
  std::string detail;  ///< "34 callbacks waited behind it; longest 28.1 ms."
  std::string place;   ///< "report.py:88", may be empty
  NameId name = kNoName;
  std::int64_t begin_ns = 0;  ///< where to look; 0: nowhere in particular
  std::int64_t end_ns = 0;
  std::int64_t weight_ns = 0;  ///< the harm, to sort by
};

struct FindingRules {
  std::int64_t held_loop_ns = 10'000'000;  ///< one callback that runs this long is noticed by all others
  std::int64_t alarm_ns = 25'000'000;
  std::int64_t timer_late_ns = 10'000'000;
  double gil_share = 0.02;                  ///< of the last second
  std::int64_t window_ns = 30'000'000'000;  ///< how long a finding stays
  std::size_t most = 6;
};

using NameLookup = std::function<Name(NameId)>;

/// Worst first. `now_ns` is the end of what is known.
std::vector<Finding> find_trouble(const TraceModel& model, const NameLookup& names, std::int64_t now_ns,
                                  const FindingRules& rules = {});

}  // namespace loopscope::tracer

#pragma once
/// The numbers of one screen, worked out a few times a second so that they can be read.
/// Pure: source in, digest out. Thread: the app's one. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gui/handle_traffic.h"
#include "gui/trace_source.h"
#include "tracer/analysis/findings.h"
#include "tracer/analysis/hang.h"
#include "tracer/analysis/recording_cost.h"
#include "tracer/analysis/time_budget.h"
#include "tracer/analysis/why_timeout.h"

namespace loopscope::gui {

struct CallbackLine {
  tracer::NameId id;
  std::string name;
  std::string place;
  std::string full_place;  ///< with the whole path
  tracer::CallbackKind kind;
  std::uint64_t calls;
  std::int64_t total_ns, p50_ns, p99_ns, max_ns, waited_p99_ns;
  std::int64_t running_ns =
      -1;  ///< how long a call runs that has not ended, and is in none of the numbers; -1: none
};

struct TaskLine {
  std::string name;
  std::string place;
  std::uint64_t object;
  std::uint64_t steps;
  std::int64_t run_ns, worst_wait_ns, age_ns;  ///< age -1: not known
  bool done;
  bool running;  ///< it makes a step now, which is in none of the numbers
  bool
      counted_all;  ///< it was followed from its creation on and no events were lost: else its counts are the least
};

struct HandleLine {
  std::uint64_t id;
  std::string kind;
  std::string name;
  std::int64_t fd;
  std::int64_t age_ns;
  std::optional<HandleTraffic> traffic;  ///< empty: nothing is known of it
};

/// What the machine that the app runs on pays for recording.
struct Calibration {
  bool done = false;
  std::optional<tracer::RecordingCosts> costs;  ///< empty if it could not be measured
};

/// What recording cost the loop in a second: an estimate.
struct Recording {
  enum class State : std::uint8_t {
    off,        ///< nothing was recorded
    measuring,  ///< the calibration is not done
    not_known,  ///< another machine's session, or nobody knows what was recorded
    known
  };
  State state = State::not_known;
  tracer::RecordingCost cost;
  double share = 0;       ///< of the second
  double busy_share = 0;  ///< of what the loop did not sleep of it; 0 if that is not known
};

/// How the program is, or how it went.
enum class ProgramState : std::uint8_t {
  live,
  hangs,   ///< live, and something has held the loop for longer than a finding takes
  closed,  ///< it closed its loop
  died,    ///< killed or crashed: it ended without closing its loop
  copied,  ///< the session is a copy of one whose program lives on
};

struct Digest {
  std::int64_t at_ns = 0;
  tracer::Present
      present{};  ///< what the program said of itself: the wheel and the poll's reason are of this one moment
  ProgramState state = ProgramState::live;
  std::optional<tracer::Hang> hang;      ///< what holds the loop
  std::optional<double> cpu_wait_share;  ///< of the last second, sampled; empty: not known
  std::uint64_t iteration = 0;
  tracer::TimeBudget second;          ///< the last one
  Recording recording;                ///< of the last whole buckets that make a second
  tracer::Statistics::Bucket lately;  ///< the last ten seconds
  bool rates_known = false;           ///< of the next line; nothing is counted at level off
  double callbacks_per_s = 0, io_events_per_s = 0, bytes_in_per_s = 0, bytes_out_per_s = 0;
  tracer::WhyTimeout why;
  bool poll_known = false;
  std::int32_t poll_timeout_ms = 0;
  std::vector<std::pair<tracer::PollReason, double>> reasons;  ///< of the last second's polls, by share
  std::vector<CallbackLine> callbacks;
  std::vector<TaskLine> tasks;
  std::uint64_t tasks_alive = 0;
  bool tasks_recorded = false;  ///< the slots know all live tasks, not only those seen to run
  std::vector<HandleLine> handles;
  std::vector<tracer::Finding> findings;
  std::int64_t counted_ns = 0;  ///< how long the callback table has counted
  bool calls_missing = false;   ///< what it counts is the least that happened
};

inline constexpr std::int64_t kDigestNs = 250'000'000;

Digest make_digest(const TraceSource& source, const Calibration& calibration = {});

}  // namespace loopscope::gui

#pragma once
/// The numbers of one screen, computed only a few times a second so that people can read them.
/// Pure: source in, digest out. Thread: the app's one. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gui/model/handle_traffic.h"
#include "gui/model/trace_source.h"
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
  /// How long the present call has been running. No other number contains this call. -1: there is none.
  std::int64_t running_ns = -1;
};

struct TaskLine {
  std::string name;
  std::string place;
  std::uint64_t object;
  std::uint64_t steps;
  std::int64_t run_ns, worst_wait_ns, age_ns;  ///< age -1: not known
  bool done;
  bool
      alive;  ///< the trace follows it and would tell its end; if it is neither done nor alive, nobody knows whether it lives
  bool running;  ///< it is making a step now; no number contains this step
  /// It was followed from its creation on, and no events were lost. Otherwise its counts are lower bounds.
  bool counted_all;
};

/// Which tasks a trace can know.
enum class TasksKnown : std::uint8_t {
  by_steps,     ///< below level tasks: those that made a step lately; nothing tells that a task ended
  since_level,  ///< those that made a step, or were created, since the level rose to tasks
  all,          ///< all: the trace followed tasks from the beginning
};

struct HandleLine {
  std::uint64_t id;
  std::string kind;
  std::string name;
  std::int64_t fd;
  std::int64_t age_ns;
  std::optional<HandleTraffic> traffic;  ///< empty: not known
};

/// What recording costs on the app's machine.
struct Calibration {
  bool done = false;
  std::optional<tracer::RecordingCosts> costs;  ///< empty if it could not be measured
};

/// An estimate of what recording cost the loop in one second.
struct Recording {
  enum class State : std::uint8_t {
    off,        ///< nothing was recorded
    measuring,  ///< the calibration is not done
    not_known,  ///< the session is of another machine or boot, nothing could be measured, or the counts are not known
    known
  };
  State state = State::not_known;
  tracer::RecordingCost cost;
  double share = 0;       ///< its share of the second
  double busy_share = 0;  ///< its share of the time that the loop was not asleep; 0: not known
};

/// Whether the program runs, or how it ended.
enum class ProgramState : std::uint8_t {
  live,
  hangs,    ///< live, and something has held the loop for so long that it is a finding
  stopped,  ///< live, and a signal or a debugger keeps it from running
  closed,   ///< it closed its loop
  died,     ///< killed or crashed: it ended without closing its loop
  left,     ///< its process was seen to write the session, lives, and writes it no more: it has called exec
  copied,   ///< its process lives and does not write it: the session is a copy, or the process has called exec
  damaged,  ///< somebody cut or overwrote the session's file
};

/// True if no more events will come.
inline bool has_ended(ProgramState state) {
  return state != ProgramState::live && state != ProgramState::hangs && state != ProgramState::stopped;
}

struct Digest {
  std::int64_t at_ns = 0;
  /// What the program said of itself. The wheel and the poll's reason both come from this one moment.
  tracer::Present present{};
  ProgramState state = ProgramState::live;
  std::optional<tracer::Hang> hang;      ///< what holds the loop now, or should have let it go on
  std::optional<double> cpu_wait_share;  ///< of the last second, sampled; empty: not known
  std::uint64_t iteration = 0;
  tracer::TimeBudget second;          ///< the last one
  Recording recording;                ///< of the last whole buckets that make up a second
  tracer::Statistics::Bucket lately;  ///< the last ten seconds
  bool rates_known = false;           ///< of the next line; false at level off, where nothing is counted
  double callbacks_per_s = 0, io_events_per_s = 0, bytes_in_per_s = 0, bytes_out_per_s = 0;
  tracer::WhyTimeout why;
  bool poll_known = false;
  std::int32_t poll_timeout_ms = 0;
  std::vector<std::pair<tracer::PollReason, double>> reasons;  ///< of the last second's polls, with their shares
  std::vector<CallbackLine> callbacks;
  std::vector<TaskLine> tasks;
  std::uint64_t tasks_alive = 0;  ///< those that the trace follows, in `tasks` or not
  TasksKnown tasks_known = TasksKnown::by_steps;
  std::vector<HandleLine> handles;
  bool all_handles_known = false;  ///< false if some may have been opened while nothing was recorded
  std::vector<tracer::Finding> findings;
  std::int64_t counted_ns = 0;  ///< for how long the callback table has counted
  bool calls_missing = false;   ///< its counts are lower bounds
};

inline constexpr std::int64_t kDigestNs = 250'000'000;

Digest make_digest(const TraceSource& source, const Calibration& calibration = {});

}  // namespace loopscope::gui

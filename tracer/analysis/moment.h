#pragma once
/// What was so at one instant of a loop's life: its phase, what runs, who waits in which order and for what.
///
/// A Moment is the sum of the events up to it. Feed it decoded events (Boundaries::all) in order; or ask Moments
/// (tracer/analysis/moments.h) for any instant. The state before the first event is given by MomentSeed.
///
///     queued, callback_begin from the queue, unqueued     ready          who will run next, and who queued it
///     timer_set, timer_fired, timer_cancelled             timers, due    who waits for a time
///     handle_opened, handle_closed                        handles
///     watch_changed                                       watched        what the kernel is asked about
///     handle_closing, the closing phase                   closing        who waits for its closing callback
///     task_created, step_stopped, task_done               tasks          where each stands, and what it awaits
///     callback_begin, callback_end                        running        outermost first
///     poll_begin                                          decision       how long the poll may sleep, and why
///
/// Not everything is always told: a trace may begin in the middle, lose events, or record less. `complete` says of which lists it is
/// known that nothing is missing. What is missing is never guessed.
/// Thread: one. Owner: of plain values; names stay ids of the loop's track. Errors: none; what makes no sense is skipped.
/// Units: ns of CLOCK_MONOTONIC; 0 where a time is not known.

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "tracer/read/event_source.h"
#include "tracer/read/trace_event.h"

namespace loopscope::tracer {

/// A callback that runs.
struct RunningCallback {
  std::int64_t begin_ns = 0;
  std::int64_t ready_ns = 0;
  NameId name = kNoName;
  CallbackKind kind = CallbackKind::unknown;
  std::uint64_t object = 0;  ///< its task, timer or handle
};

/// Who queued a callback.
enum class QueuedBy : std::uint8_t {
  unknown,       ///< it was queued before this was recorded
  callback,      ///< the one that ran then
  loop,          ///< the loop itself, between two callbacks: a timer that is due, a descriptor that is ready
  other_thread,  ///< another thread, or code outside of run_forever()
};

struct QueuedCallback {
  std::uint64_t number = 0;  ///< in order of joining; 0: not told
  std::int64_t since_ns = 0;
  NameId name = kNoName;
  CallbackKind kind = CallbackKind::unknown;
  std::uint64_t object = 0;
  QueuedBy by = QueuedBy::unknown;
  RunningCallback cause;  ///< by == callback
};

struct WaitingTimer {
  std::int64_t due_ns = 0;  ///< 0: by the program's own clock, or not told
  std::int64_t set_ns = 0;
  NameId name = kNoName;
};

/// Its `since_ns` is 0 if it is not known.
struct StandingTask : OpenTask {
  bool running = false;  ///< it makes a step now; where it stands is of the step before
};

struct PoolJob {
  JobKind kind = JobKind::executor;
  NameId name = kNoName;
  NameId worker = kNoName;
  std::int64_t queued_ns = 0;
  std::int64_t begun_ns = 0;  ///< 0: no worker has taken it
};

struct OpenSpan {
  NameId name = kNoName;
  NameId details = kNoName;
  std::int64_t begin_ns = 0;
};

/// How long the latest poll may sleep, and why.
struct PollDecision {
  std::int64_t t_ns = 0;
  std::int32_t timeout_ms = 0;
  PollReason reason = PollReason::unknown;
  NameId culprit = kNoName;
};

/// A handle whose closing callback has not run.
struct ClosingHandle {
  std::uint64_t id = 0;  ///< 0: the loop's own
  std::int64_t fd = -1;
};

struct Moment {
  std::int64_t t_ns = 0;       ///< of the latest event
  std::uint64_t position = 0;  ///< its position in the loop's track
  std::optional<bool> loop_runs;
  std::optional<Level> level;
  std::uint64_t iteration = 0;  ///< 0: not known
  Phase phase = Phase::none;
  std::int64_t phase_since_ns = 0;
  std::optional<PollDecision> decision;
  bool asleep = false;                     ///< the poll that `decision` is about has not returned
  std::optional<std::uint8_t> collecting;  ///< the generation of the garbage collection that runs

  std::vector<RunningCallback> running;
  std::deque<QueuedCallback> ready;
  /// How many stand before `ready` of whom nothing was told. Nothing: not known.
  std::optional<std::uint64_t> ready_untold;
  std::map<std::uint64_t, WaitingTimer> timers;
  std::deque<std::uint64_t> due;                ///< timers that fired and have not run
  std::map<std::uint64_t, OpenHandle> handles;  ///< their `interest` means nothing: see `watched`
  /// What the kernel was asked about each descriptor: kWatchesRead, kWatchesWrite, never 0. If the program closes one without a word,
  /// it stays here until the loop notices.
  std::map<std::int64_t, std::uint8_t> watched;
  std::vector<ClosingHandle> closing;
  std::map<std::uint64_t, StandingTask> tasks;
  std::map<std::uint64_t, PoolJob> jobs;
  std::map<std::uint64_t, OpenSpan> spans;

  /// Is it known that nothing is missing?
  struct Complete {
    bool ready = false;
    bool timers = false;
    bool handles = false;
    bool watched = false;
    bool tasks = false;
  };
  Complete complete;

  void apply(const TraceEvent& event);
  /// Events were lost: all that may have changed meanwhile is not known any more.
  void lose();
  /// The timers that wait, by due time, then in the order in which they were set.
  [[nodiscard]] std::vector<std::pair<std::uint64_t, WaitingTimer>> timers_by_due() const;
  /// How much there is to copy: entries of all lists.
  [[nodiscard]] std::size_t size() const;

 private:
  void change_level(Level to);
  void begin_callback(const TraceEvent& event);
  void end_callback(const TraceEvent& event);
  void queue(const TraceEvent& event);
  void unqueue(const TraceEvent& event);
  void take_first();
  void change_watch(const TraceEvent& event);
  void stop_step(const TraceEvent& event);
  void end_phase(const TraceEvent& event);

  bool queue_is_told_ = false;       ///< the latest event told of what was in the queue before
  bool queue_will_be_told_ = false;  ///< level tasks has begun: the next poll tells what is in the queue
  std::size_t closing_now_ = 0;      ///< handles whose callbacks this closing phase runs
};

}  // namespace loopscope::tracer

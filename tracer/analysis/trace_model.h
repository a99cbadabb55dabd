#pragma once
/// Puts events together into slices, a column of them for each row of a timeline.
///
/// Feed it decoded events in order. forget() keeps the last `history_ns`, and at most `slice_limit` slices a column.
/// The trace may begin anywhere: the model ignores ends without a begin. When events are lost, it closes everything that is
/// open at the last event before the loss.
/// Thread: one. Owner: of its slices; names stay ids. Errors: none; events it does not know are skipped.
/// Units: ns of CLOCK_MONOTONIC.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tracer/analysis/column.h"
#include "tracer/analysis/slices.h"
#include "tracer/read/trace_event.h"

namespace loopscope::tracer {

/// The steps of one task, or of all tasks of one coroutine. They never overlap, because one thread runs them all.
struct TaskTrack {
  NameId name = kNoName;
  std::uint64_t object = 0;   ///< its number; below level tasks its address; 0: a track by coroutine
  std::uint64_t address = 0;  ///< of a task with a number; 0: not known
  /// It lives, and the trace will say when it ends. False below level tasks, and where its end may be among lost events.
  bool followed = false;
  std::int64_t created_ns = 0;  ///< 0: not seen
  std::int64_t done_ns = 0;     ///< 0: not seen
  std::uint64_t steps_total = 0;
  std::int64_t run_total_ns = 0;
  std::int64_t waited_worst_ns = 0;
  Column<CallbackSlice, Worst, 16> steps;

  /// The time of the last event about it.
  [[nodiscard]] std::int64_t seen_ns() const {
    return std::max(done_ns, steps.empty() ? created_ns : steps.back().end_ns);
  }
};

/// A task that the program says lives.
struct LiveTask {
  std::uint64_t number;
  NameId name;
};

using CallbackColumn = Column<CallbackSlice, WorstAndReady>;

class TraceModel {
 public:
  struct Limits {
    std::int64_t history_ns = 60'000'000'000;
    std::uint64_t slice_limit = 1U << 19U;
    /// The most tracks by task, and by coroutine. If there are too many, the quarter that was silent for longest goes, finished
    /// tasks before live ones.
    std::size_t task_limit = 512;
    std::size_t coroutine_limit = 4096;
  };
  TraceModel() : TraceModel(Limits{}) {}
  explicit TraceModel(const Limits& limits) : limits_(limits) {}

  void add(const TraceEvent& event);
  /// `count` events between the last one and the next one were lost: overwritten before they could be read.
  void lose(std::uint64_t count);
  /// Forgets slices older than `history_ns` before `now_ns`, and tasks that were silent for so long, unless they are followed.
  /// To be called several times a second.
  void forget(std::int64_t now_ns);
  /// The tasks that lived at `now_ns`, by the program's own word. The model follows each of them, and takes all others with a number
  /// for done. It is needed where the events about some tasks were lost.
  void note_live_tasks(const std::vector<LiveTask>& live, std::int64_t now_ns);

  [[nodiscard]] const Column<IterationSlice>& iterations() const { return iterations_; }
  [[nodiscard]] const Column<PhaseSlice, ActivityTimes>& phases() const { return phases_; }
  [[nodiscard]] const Column<PollSlice>& polls() const { return polls_; }
  [[nodiscard]] const CallbackColumn& callbacks() const { return callbacks_; }   ///< depth 0
  [[nodiscard]] const Column<CallbackSlice>& nested() const { return nested_; }  ///< depth 1 and more
  [[nodiscard]] const Column<PhaseSlice>& gil_waits() const { return gil_waits_; }
  [[nodiscard]] const Column<TransferSlice, ByteSum>& reads() const { return reads_; }
  [[nodiscard]] const Column<TransferSlice, ByteSum>& writes() const { return writes_; }
  [[nodiscard]] const Column<DepthSample, Deepest>& ready_depths() const { return ready_depths_; }
  [[nodiscard]] const std::vector<Gap>& gaps() const { return gaps_; }
  [[nodiscard]] const std::unordered_map<std::uint64_t, TaskTrack>& tasks() const { return tasks_; }
  [[nodiscard]] const std::unordered_map<NameId, TaskTrack>& coroutines() const { return coroutines_; }

  /// The slice that has begun and not ended; its end_ns is 0.
  [[nodiscard]] const std::optional<PhaseSlice>& open_phase() const { return open_phase_; }
  [[nodiscard]] const std::optional<IterationSlice>& open_iteration() const { return open_iteration_; }
  [[nodiscard]] const std::optional<PollSlice>& open_poll() const { return open_poll_; }
  /// The callbacks that run now, outermost first.
  [[nodiscard]] const std::vector<CallbackSlice>& open_callbacks() const { return open_callbacks_; }
  /// The step that the track's task, or a task of its coroutine, is making now; null if there is none.
  [[nodiscard]] const CallbackSlice* open_step(const TaskTrack& track) const;

  [[nodiscard]] std::int64_t first_event_ns() const { return first_event_ns_; }  ///< 0: none yet
  [[nodiscard]] std::int64_t last_event_ns() const { return last_event_ns_; }
  [[nodiscard]] std::uint64_t lost_total() const { return lost_total_; }
  [[nodiscard]] bool loop_running() const { return loop_running_; }
  /// True if callbacks were recorded at the time of the latest event.
  [[nodiscard]] bool callbacks_recorded() const { return callbacks_recorded_; }

 private:
  void mind_the_clock(const TraceEvent& event);
  void end_gil_wait(std::int64_t by_ns);
  void enter_iteration(std::uint64_t number, std::int64_t t_ns);
  void open_activity(Activity activity, std::int64_t t_ns);
  void close_activity(std::int64_t t_ns, bool inferred);
  void on_phase_begin(const TraceEvent& event);
  void on_poll_begin(const TraceEvent& event);
  void on_poll_wake(const TraceEvent& event);
  void on_poll_end(const TraceEvent& event);
  void on_callback_end(const TraceEvent& event);
  void add_step(const CallbackSlice& step);
  void on_task_created(const TraceEvent& event);
  void know_again(std::uint64_t object, std::uint64_t as);
  void unfollow_tasks();
  TaskTrack& task_track(std::uint64_t object, NameId name, std::int64_t since_ns);
  TaskTrack& coroutine_track(NameId name);
  void follow_open_steps();
  void sample_depth(std::int64_t t_ns, std::uint64_t depth);
  void stop(std::int64_t t_ns);

  Limits limits_;
  Column<IterationSlice> iterations_;
  Column<PhaseSlice, ActivityTimes> phases_;
  Column<PollSlice> polls_;
  CallbackColumn callbacks_;
  Column<CallbackSlice> nested_;
  Column<PhaseSlice> gil_waits_;
  Column<TransferSlice, ByteSum> reads_;
  Column<TransferSlice, ByteSum> writes_;
  Column<DepthSample, Deepest> ready_depths_;
  std::vector<Gap> gaps_;
  std::unordered_map<std::uint64_t, TaskTrack> tasks_;
  std::unordered_map<NameId, TaskTrack> coroutines_;

  std::optional<PhaseSlice> open_phase_;
  std::optional<PhaseSlice> gil_wait_;  ///< from the latest event; the next event ends it
  std::optional<IterationSlice> open_iteration_;
  std::optional<PollSlice> open_poll_;
  std::vector<CallbackSlice> open_callbacks_;
  std::uint64_t last_depth_ = 0;
  std::int64_t first_event_ns_ = 0;
  std::int64_t last_event_ns_ = 0;
  std::uint64_t lost_total_ = 0;
  std::uint64_t pending_loss_ = 0;
  bool off_ = false;  ///< the program stopped recording, and nothing is known until its next event
  bool loop_running_ = true;
  bool callbacks_recorded_ = false;
};

}  // namespace loopscope::tracer

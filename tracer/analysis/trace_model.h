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
#include "tracer/analysis/task_tracks.h"
#include "tracer/read/trace_event.h"

namespace loopscope::tracer {

using CallbackColumn = Column<CallbackSlice, WorstAndReady>;

/// No question about the model looks at more callbacks than this, because it would take longer than a frame. It is more than any
/// queue that a person can read on a screen.
inline constexpr std::uint64_t kMostLookedAt = 20'000;

class TraceModel {
 public:
  struct Limits {
    std::int64_t history_ns = 60'000'000'000;
    std::uint64_t slice_limit = 1U << 19U;
    std::size_t task_limit = 512;  ///< see TaskTracks
    std::size_t coroutine_limit = 4096;
  };
  TraceModel() : TraceModel(Limits{}) {}
  explicit TraceModel(const Limits& limits)
      : limits_(limits), tracks_(limits.task_limit, limits.coroutine_limit) {}

  void add(const TraceEvent& event);
  /// `count` events between the last one and the next one were lost: overwritten before they could be read.
  void lose(std::uint64_t count);
  /// Forgets slices older than `history_ns` before `now_ns`, and tasks that were silent for so long, unless they are followed.
  /// To be called several times a second.
  void forget(std::int64_t now_ns);
  /// See TaskTracks::note_live().
  void note_live_tasks(const std::vector<LiveTask>& live, std::int64_t now_ns) { tracks_.note_live(live, now_ns); }

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
  [[nodiscard]] const std::unordered_map<std::uint64_t, TaskTrack>& tasks() const { return tracks_.tasks(); }
  [[nodiscard]] const std::unordered_map<NameId, TaskTrack>& coroutines() const { return tracks_.coroutines(); }

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
  void end_iteration(std::int64_t t_ns);
  void open_activity(Activity activity, std::int64_t t_ns);
  void close_activity(std::int64_t t_ns, bool inferred);
  void on_phase_begin(const TraceEvent& event);
  void on_poll_begin(const TraceEvent& event);
  void on_poll_wake(const TraceEvent& event);
  void on_poll_end(const TraceEvent& event);
  void on_callback_end(const TraceEvent& event);
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
  TaskTracks tracks_;

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

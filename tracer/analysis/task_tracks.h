#pragma once
/// The tasks of a trace, and their steps.
///
/// At level tasks a task has a number, and the trace tells its creation and its end. Below that its steps carry its address, which
/// a later task may have, too, and nothing tells its end. When the level changes, a task keeps its track under its other name.
/// There are at most so many tracks by task, and by coroutine. If there are too many, the quarter that was silent for longest goes,
/// finished tasks before live ones.
/// Thread: one. Owner: of the tracks. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <algorithm>
#include <cstddef>
#include <cstdint>
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

/// The callbacks that run now, outermost first.
using OpenCallbacks = std::vector<CallbackSlice>;

/// The step that the track's task, or a task of its coroutine, is making now; null if there is none.
const CallbackSlice* open_step(const TaskTrack& track, const OpenCallbacks& open);

class TaskTracks {
 public:
  TaskTracks(std::size_t task_limit, std::size_t coroutine_limit)
      : task_limit_(task_limit), coroutine_limit_(coroutine_limit) {}

  [[nodiscard]] const std::unordered_map<std::uint64_t, TaskTrack>& tasks() const { return tasks_; }
  [[nodiscard]] const std::unordered_map<NameId, TaskTrack>& coroutines() const { return coroutines_; }

  void created(const TraceEvent& event, OpenCallbacks& open);
  void done(std::uint64_t object, std::int64_t t_ns);
  void add_step(const CallbackSlice& step);
  /// The level fell below tasks: numbers mean nothing any more, and steps carry addresses.
  void unfollow(OpenCallbacks& open);
  /// Events were lost. The ends of tasks may be among them.
  void doubt();
  /// The tasks that lived at `now_ns`, by the program's own word. Each of them is followed from then on, and all others with a
  /// number are taken for done. It is needed where the events about some tasks were lost.
  void note_live(const std::vector<LiveTask>& live, std::int64_t now_ns);
  /// Forgets tasks that are not followed and were silent since `before_ns`, and all steps that ended before `oldest_ns`. It makes a
  /// track for each open step, because a task that hangs in its first step has none.
  void forget(std::int64_t before_ns, std::int64_t oldest_ns, std::uint64_t slice_limit,
              const OpenCallbacks& open);

 private:
  void know_again(std::uint64_t object, std::uint64_t as, OpenCallbacks& open);
  TaskTrack& task_track(std::uint64_t object, NameId name, std::int64_t since_ns);
  TaskTrack& coroutine_track(NameId name);

  std::size_t task_limit_;
  std::size_t coroutine_limit_;
  std::unordered_map<std::uint64_t, TaskTrack> tasks_;
  std::unordered_map<NameId, TaskTrack> coroutines_;
};

}  // namespace loopscope::tracer

#pragma once
/// What was so before the oldest event that is left of a trace.
///
/// A ring forgets its oldest events, so a trace mostly begins in the middle. What existed by then is still told: by the end of each
/// thing that ended later (a timer that fires was set, a callback that ends had begun, who leaves the queue stood in it), and by the
/// present, which has everything that still lives. What neither tells stays unknown.
///
/// Thread: one. Owner: refers to an EventSource. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <unordered_set>
#include <vector>

#include "tracer/analysis/moment.h"
#include "tracer/read/event_source.h"

namespace loopscope::tracer {

/// Adds the handles and tasks of the present that were there before `before_ns`.
void add_what_lives(const EventSource& source, std::int64_t before_ns, Moment& to);

class MomentSeed {
 public:
  /// `from_the_first`: the oldest event is the first that the trace ever had, so that nothing was before it.
  explicit MomentSeed(bool from_the_first) : from_the_first_(from_the_first) {}

  /// To be told of each event in order (Boundaries::observed), from the oldest on.
  void look(const TraceEvent& event);
  /// The state before them. Reads the present, so call it after the events were read.
  [[nodiscard]] Moment before(const EventSource& source) const;

 private:
  using Ids = std::unordered_set<std::uint64_t>;
  void look_at_objects(const TraceEvent& event);
  void look_at_task(const TraceEvent& event, NameId name);
  void look_at_callbacks(const TraceEvent& event);
  void look_at_queue(const TraceEvent& event);
  void leaves(const QueuedCallback& callback);
  [[nodiscard]] std::optional<Level> first_level(const EventSource& source) const;
  void add_queue(Moment& to) const;

  Moment start_;  ///< what ended later, so that it had begun
  bool begun_ = false;
  bool from_the_first_;
  std::optional<TraceEvent> first_change_;  ///< of the level
  bool program_changed_level_ = false;
  Ids handles_, timers_, tasks_, jobs_, spans_;  ///< that were made later
  std::unordered_set<std::int64_t> changed_;  ///< descriptors of which the kernel was asked something else later
  std::size_t depth_ = 0;                     ///< callbacks that began later and run

  // The queue up to the first time that the loop counts it.
  std::vector<QueuedCallback> left_;  ///< in order
  std::uint64_t joined_ = 0;
  std::optional<std::uint64_t> stood_;  ///< how many there were at the start
  bool queue_known_ = true;             ///< no change of the level so far
};

}  // namespace loopscope::tracer

#pragma once
/// Timers by due time, then by the order in which they were set: a 4-ary heap in one array.
///
/// Cancelled timers stay until they surface or until they are the majority; then the heap is rebuilt without
/// them, as asyncio does (base_events._run_once).
/// Thread: the loop's. Owner: of one reference to each callback in it. Units: ns of CLOCK_MONOTONIC.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "loop/callback.h"

namespace loopscope::loop {

class TimerHeap {
 public:
  struct Timer {
    std::int64_t due_ns;
    std::uint64_t sequence;  ///< also the timer's id in the trace
    Callback* callback;
  };

  TimerHeap() = default;
  ~TimerHeap() { clear(); }
  TimerHeap(const TimerHeap&) = delete;
  TimerHeap& operator=(const TimerHeap&) = delete;

  /// Answers the timer's id, 1 for the first.
  std::uint64_t push(std::int64_t due_ns, Callback& callback);
  /// Puts back what pop() took.
  void push_back(const Timer& timer);
  /// The id that the next timer will get.
  [[nodiscard]] std::uint64_t next_sequence() const { return next_sequence_; }
  /// The first timer that is not cancelled, or null. Drops cancelled ones on its way.
  [[nodiscard]] const Timer* first();
  /// The caller has first()'s reference now.
  Timer pop();
  /// To be called when a timer in the heap was cancelled.
  void count_cancelled();
  void clear();
  template <typename Visit>
  void for_each(Visit visit) const {
    for (const Timer& timer : heap_) visit(timer);
  }

  /// Timers that wait, without the cancelled ones.
  [[nodiscard]] std::size_t size() const { return heap_.size() - cancelled_; }

 private:
  void sift_up(std::size_t index, Timer timer);
  void sift_down(std::size_t index, Timer timer);
  void remove_cancelled();

  std::vector<Timer> heap_;
  std::size_t cancelled_ = 0;
  std::uint64_t next_sequence_ = 1;
};

}  // namespace loopscope::loop

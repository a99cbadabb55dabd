#pragma once
/// The loop's timers: which of them are due, and the one timer of libuv's that ends its poll in time.
///
/// An iteration asks for it in this order:
///
///     arm(first())     before the poll: libuv's timer is set for the first of ours
///     poll_returned()  notes the time: what is due by now is due in this iteration
///     fire_if_due()    after the poll's callbacks: libuv's timers phase comes even if its clock of ms lags behind
///     collect_due()    in the timers phase: what was due when the poll returned moves to due()
///
/// Thread: the loop's. Owner: of one reference to each callback in it, and of libuv's timer, which its loop closes.
/// Units: ns of CLOCK_MONOTONIC, and ms of libuv's clock. Errors: none.

#include <uv.h>

#include <cstdint>
#include <vector>

#include "loop/ready_queue.h"
#include "loop/timer_heap.h"
#include "tracer/recorder.h"

namespace loopscope::loop {

class Timers {
 public:
  /// To be called once. `fired` is called in libuv's timers phase, and begins with a call of fired().
  void open(uv_loop_t& loop, uv_timer_cb fired);
  [[nodiscard]] uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&uv_timer_); }

  /// Takes over one reference; answers the timer's id.
  std::uint64_t push(std::int64_t due_ns, Callback& callback) { return heap_.push(due_ns, callback); }
  /// One of the timers that wait was cancelled.
  void count_cancelled() { heap_.count_cancelled(); }
  /// The first timer that is not cancelled, or null.
  [[nodiscard]] const TimerHeap::Timer* first() { return heap_.first(); }
  /// Timers that wait, without the cancelled ones.
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  void clear() { heap_.clear(); }
  template <typename Visit>
  void for_each(Visit visit) const {
    due_.for_each(visit);
    heap_.for_each(visit);
  }

  void arm(const TimerHeap::Timer* next, bool may_sleep);
  void poll_returned();
  void fire_if_due();
  void fired() { armed_ms_ = 0; }
  /// One that an I/O callback has set since the poll returned, or that came due while those ran, waits for the next
  /// iteration: asyncio looks at its timers before it runs anything.
  void collect_due(tracer::Recorder& recorder);
  [[nodiscard]] ReadyQueue& due() { return due_; }

 private:
  void start(std::uint64_t wait_ms);

  uv_timer_t uv_timer_{};
  uv_timer_cb fired_ = nullptr;
  TimerHeap heap_;
  ReadyQueue due_;
  std::vector<TimerHeap::Timer> too_young_;  ///< scratch of collect_due()
  std::uint64_t armed_ms_ = 0;               ///< what libuv's timer is set for; 0 if it is not
  std::int64_t woke_ns_ = 0;                 ///< when the latest poll returned; only if there were timers
  std::uint64_t first_young_ = 0;            ///< timers from this id on were set after that
};

}  // namespace loopscope::loop

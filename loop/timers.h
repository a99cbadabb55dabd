#pragma once
/// The loop's timers: which of them are due, and the one timer of libuv's that ends its poll in time.
///
/// An iteration asks for it in this order:
///
///     arm()            before the poll: libuv's timer makes it as long as was decided
///     poll_returned()  notes the time: what is due by now is due in this iteration
///     fire_if_due()    after the poll's callbacks: libuv's timers phase comes even if its clock of ms lags behind
///     collect_due()    in the timers phase: what was due when the poll returned moves to due()
///
/// libuv's clock is cut to ms and may be old, so it decides nothing. The true time decides how long the poll may sleep and
/// what is due after it. If the program has a clock of its own, that clock decides when timers are due. Nobody knows then
/// when that will be on CLOCK_MONOTONIC, and the trace has 0 for a due time.
///
/// Thread: the loop's. Owner: of one reference to each callback in it, and of libuv's timer, which its loop closes.
/// Units: ns of CLOCK_MONOTONIC, or of the program's clock; ms of libuv's clock. Errors: none.

#include <uv.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "loop/poll_timeout.h"
#include "loop/program_clock.h"
#include "loop/ready_queue.h"
#include "loop/timer_heap.h"
#include "tracer/write/recorder.h"

namespace loopscope::loop {

class Timers {
 public:
  /// To be called once. `on_fired` is called in libuv's timers phase, and begins with a call of fired().
  void open(uv_loop_t& loop, uv_timer_cb on_fired);
  [[nodiscard]] uv_handle_t* handle() { return reinterpret_cast<uv_handle_t*>(&uv_timer_); }

  /// Null: CLOCK_MONOTONIC counts, always.
  void set_clock(ProgramClock* clock) { clock_ = clock; }
  [[nodiscard]] bool on_programs_clock() const { return clock_ != nullptr && clock_->in_use(); }
  /// The time that timers are compared with. A program's own clock runs the program's code here, which may set and cancel
  /// timers.
  [[nodiscard]] std::int64_t now_ns() const;
  /// As now_ns(), before a poll. Waits here for a timer that is due within kShortestSleepNs, because falling asleep takes
  /// longer.
  [[nodiscard]] std::int64_t now_before_poll();
  static constexpr std::int64_t kShortestSleepNs = 5'000;
  /// A due time as the trace has it.
  [[nodiscard]] std::uint64_t traced(std::int64_t due_ns) const;

  /// Takes over one reference; answers the timer's id.
  std::uint64_t push(std::int64_t due_ns, Callback& callback) { return heap_.push(due_ns, callback); }
  /// One of the timers that wait was cancelled.
  void count_cancelled() { heap_.count_cancelled(); }
  /// The first timer that is not cancelled, or null.
  [[nodiscard]] const TimerHeap::Timer* first() { return heap_.first(); }
  /// Timers that wait, without the cancelled ones.
  [[nodiscard]] std::size_t size() const { return heap_.size(); }
  void clear() { heap_.clear(); }
  /// Callbacks are recorded from now on: says which timers wait.
  void record_waiting(tracer::Recorder& recorder) const;
  template <typename Visit>
  void for_each_due(Visit visit) const {
    due_.for_each(visit);
  }
  template <typename Visit>
  void for_each_waiting(Visit visit) const {
    heap_.for_each([&](const TimerHeap::Timer& timer) { visit(*timer.callback); });
  }

  void arm(const PollTimeout& decided);
  void poll_returned();
  void fire_if_due();
  void fired() { armed_ms_ = kNotArmed; }
  /// A timer that an I/O callback set since the poll returned, or that came due while these callbacks ran, waits for the
  /// next iteration, because asyncio looks at its timers before it runs anything. `woke_ticks` is when the poll returned.
  void collect_due(tracer::Recorder& recorder, std::uint64_t woke_ticks);
  [[nodiscard]] ReadyQueue& due() { return due_; }

 private:
  static constexpr std::uint64_t kNotArmed = std::numeric_limits<std::uint64_t>::max();

  void start(std::uint64_t wait_ms);
  void stop();

  uv_timer_t uv_timer_{};
  uv_timer_cb fired_ = nullptr;
  ProgramClock* clock_ = nullptr;
  TimerHeap heap_;
  ReadyQueue due_;
  std::vector<TimerHeap::Timer> too_young_;  ///< scratch of collect_due()
  std::uint64_t armed_ms_ = kNotArmed;       ///< what libuv's timer is set for, on libuv's clock
  std::int64_t woke_ns_ = 0;                 ///< when the latest poll returned; only if there were timers
  std::uint64_t first_young_ = 0;            ///< timers from this id on were set after that
};

}  // namespace loopscope::loop

#pragma once
/// The event loop: one thread, libuv underneath, every phase recorded.
///
/// An iteration is libuv's own (docs/loop_iteration.md has the picture). All handles on the uv_loop_t are ours, so
/// the phases are known from its public API:
///
///     timers   on_timer     due timers run, or join the ready queue
///     idle     on_idle      the ready queue runs: what was in it when the phase began, and, if a poll could bring
///                           nothing, what that scheduled
///     prepare  on_prepare   the poll timeout is decided, with its reason; the gate opens if it may sleep
///     poll     io_ready     I/O callbacks run, or join the ready queue; the gate closes at the first one
///     check    on_check     the poll is over
///     closing  on_closed    closed handles are freed
///
/// The order of callbacks is asyncio's: what was queued before a poll runs first, then what the poll brought,
/// then due timers, then, after another poll, what those scheduled. If nothing was queued when the poll
/// returned, I/O callbacks and timers run at once in their own phase; otherwise they join the queue behind it.
/// The loop skips a poll that could bring nothing, because nobody waits for a descriptor and no timer is due. It also skips
/// one that could only bring what a reader can ask for directly (next_poll_is_only_for).
///
/// Thread: all methods on the loop's thread, except wake(). Owner: of its uv_loop_t, recorder and handles.
/// Errors: the constructor throws std::system_error; nothing else throws. Units: ns of CLOCK_MONOTONIC; of timers, of the
/// program's clock, if it has one.

#include <uv.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <utility>

#include "loop/after_callback.h"
#include "loop/alarm.h"
#include "loop/callback.h"
#include "loop/closing_phase.h"
#include "loop/kernel_poll.h"
#include "loop/poll_timeout.h"
#include "loop/ready_queue.h"
#include "loop/run_state.h"
#include "loop/timers.h"
#include "loop/watcher_table.h"
#include "tracer/write/recorder.h"

namespace loopscope::loop {

/// Told when the loop is about to sleep and when it is back: bindings let go of the GIL here.
class PollGate {
 public:
  virtual void open() = 0;   ///< before a poll that may sleep
  virtual void close() = 0;  ///< after it; may take time, which is recorded
  virtual void closed() {}   ///< after that is recorded: may queue callbacks, stop or interrupt the loop

 protected:
  ~PollGate() = default;
};

class Loop {
 public:
  /// The error for asking a closed loop for a watcher.
  static constexpr int kClosed = UV_ECANCELED;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // -- running --------------------------------------------------------------------------------------------
  /// Polls and runs callbacks until stop() or interrupt(). Not reentrant. 0, or a negative libuv code: somebody closed the
  /// loop's own descriptors. It has new ones then, watches what can still be watched, and may run again.
  int run();
  /// One poll and what it brings; waits for it only if `may_wait`.
  int run_once(bool may_wait);
  /// Ends run() after the callbacks that are due in this iteration.
  void stop() { stopping_ = true; }
  void clear_stop() { stopping_ = false; }
  [[nodiscard]] bool stopping() const { return stopping_; }
  /// Ends run() before the next callback; what is queued stays queued.
  void interrupt();
  [[nodiscard]] bool running() const { return state_ > RunState::rest; }
  [[nodiscard]] bool is_closed() const { return state_ == RunState::closed; }
  /// Drops all callbacks, closes all handles. Idempotent.
  void close();
  /// In the child of a fork: takes up a poll of its own, so that the parent's is left alone.
  void after_fork();

  // -- callbacks -------------------------------------------------------------------------------------------
  /// Takes over one reference. A closed loop gives it back: nothing runs there.
  void call_soon(Callback& callback) {
    if (is_closed()) [[unlikely]]
      return callback.drop();
    if (recorder_.callbacks())
      callback.set_ready_ticks(recorder_.ticks());
    if (recorder_.tasks()) [[unlikely]]
      record_queued(callback, in_callback() ? 0 : tracer::kOtherThread);
    ready_.push(callback);
  }
  /// Takes over one reference; answers the timer's id.
  std::uint64_t call_at(std::int64_t due_ns, Callback& callback);
  void timer_cancelled(Callback& callback, std::uint64_t id);
  /// True on the loop's thread between two polls. Only then may an object ask for tell_after_callback().
  [[nodiscard]] bool in_callback() const {
    return running() && poll_stage() == PollStage::outside && thread_ == std::this_thread::get_id();
  }
  /// Tells `who` when the running callback has returned, or before the loop polls or ends. There is room for one: if
  /// another object waits to be told, it is told at once. Only while in_callback().
  void tell_after_callback(AfterCallback& who) {
    callback_returned();
    after_callback_ = &who;
  }
  /// Tells it now.
  void callback_returned() {
    if (after_callback_ != nullptr) [[unlikely]]
      std::exchange(after_callback_, nullptr)->callback_returned();
  }
  /// Wakes a sleeping poll. Any thread.
  void wake();
  /// True while the poll may sleep and nobody has woken it yet. Under the gate (bindings: the GIL).
  [[nodiscard]] bool needs_wake() const { return poll_stage() == PollStage::asleep; }
  [[nodiscard]] std::size_t ready_size() const { return ready_.size(); }
  [[nodiscard]] std::size_t timer_count() const { return timers_.size(); }

  // -- what it holds -----------------------------------------------------------------------------------------
  [[nodiscard]] WatcherTable& watchers() { return watchers_; }

  /// Every callback that the loop holds a reference to, once for each reference.
  template <typename Visit>
  void for_each_callback(Visit visit) const {
    for_each_ready(visit);
    for_each_timer(visit);
    watchers_.for_each_callback(visit);
  }

  /// The callbacks that are ready, in the order in which they will run.
  template <typename Visit>
  void for_each_ready(Visit visit) const {
    timers_.for_each_due(visit);
    ready_.for_each(visit);
  }
  /// The timers that are not due yet, and cancelled ones that are not freed yet, in no order.
  template <typename Visit>
  void for_each_timer(Visit visit) const {
    timers_.for_each_waiting(visit);
  }
  /// Drops what is ready, or all timers, as close() does.
  void clear_ready() {
    if (!ready_.empty())
      recorder_.unqueued(tracer::Unqueued::cleared);
    timers_.due().clear(), ready_.clear();
  }
  void clear_timers() { timers_.clear(); }

  void set_gate(PollGate* gate) { gate_ = gate; }
  /// The clock that decides when timers are due, while it is in use. Null: CLOCK_MONOTONIC.
  void set_clock(ProgramClock* clock) { timers_.set_clock(clock); }
  void set_recorder(tracer::Recorder recorder) {
    recorder_ = std::move(recorder);
    told_level_ = recorder_.level();
  }
  [[nodiscard]] tracer::Recorder& recorder() { return recorder_; }
  [[nodiscard]] uv_loop_t* uv() { return &uv_; }
  [[nodiscard]] KernelPoll& kernel() { return kernel_; }
  [[nodiscard]] Alarm& alarm() { return alarm_; }
  /// True while the loop's thread is in a poll that may sleep. The caller is then another thread.
  [[nodiscard]] bool sleeps() const { return poll_stage() >= PollStage::asleep; }

  // -- for the loop's handles --------------------------------------------------------------------------------
  /// An I/O callback is due: runs it, or queues it behind what was ready before this poll.
  void io_ready(Callback& callback);
  /// Runs `callback` and gives its reference back, recording it. False if it was cancelled.
  bool run_callback(Callback& callback, bool from_queue = false);
  void enqueue(Callback& callback);
  void record_queued(Callback& callback, std::uint8_t flags);
  void level_changed();
  /// To be called first in every libuv callback that the poll may bring.
  void poll_returned() {
    if (poll_stage() != PollStage::outside)
      leave_poll();
  }
  void count_io_event() { ++io_events_; }
  /// How many polls have returned, so that two of them can be told apart.
  [[nodiscard]] std::uint32_t polls() const { return polls_; }
  /// Until when callbacks may follow each other without a poll that could bring nothing new.
  [[nodiscard]] static std::int64_t without_poll_until_ns();
  /// True, in a callback of the poll, if the next poll could only say that `watcher` is still readable: nobody waits for
  /// another descriptor, nothing is queued, no timer is due. A caller that reads on gets what that poll would lead to.
  [[nodiscard]] bool next_poll_is_only_for(const FdWatcher& watcher, std::int64_t until_ns);
  /// Around the work of a handle's closing callback.
  void handle_closing() { closing_.handle_closing(); }
  void closing_callback_begins() { closing_.callback_begins(recorder_); }
  void closing_callback_ends() { closing_.callback_ends(recorder_); }

  /// The order of an iteration's phases in the libuv that is loaded.
  static void phase_order(tracer::Phase (&order)[7]);

 private:
  void on_timer();
  void on_idle();
  void on_prepare();
  void on_check();
  void enter_poll(bool may_sleep);
  void leave_poll();
  std::uint64_t queue_due_timers();
  std::uint64_t run_batch(ReadyQueue& queue);
  std::uint64_t run_generations();
  [[nodiscard]] bool may_go_without_poll(std::int64_t until_ns);
  [[nodiscard]] bool poll_would_bring_nothing(std::int64_t until_ns);
  int run(RunUntil until);
  void end_run();
  void arm_idle();
  void check_poll();
  PollState state_before_poll();
  tracer::Recorder::Poll decide_poll();
  [[nodiscard]] PollStage poll_stage() const { return poll_stage_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool ending() const { return state_ >= RunState::ending; }

  uv_loop_t uv_{};
  KernelPoll kernel_{uv_};
  uv_idle_t idle_{};
  uv_prepare_t prepare_{};
  uv_check_t check_{};
  uv_async_t wakeup_{};

  ReadyQueue ready_;
  Timers timers_;
  Alarm alarm_{kernel_};  ///< for a timer that is due soon
  WatcherTable watchers_{*this};
  ClosingPhase closing_;
  tracer::Recorder recorder_;
  PollGate* gate_ = nullptr;
  AfterCallback* after_callback_ = nullptr;
  std::thread::id thread_;  ///< that runs it, or did last

  RunState state_ = RunState::rest;
  RunUntil until_ = RunUntil::stopped;
  std::atomic<PollStage> poll_stage_ = PollStage::outside;
  bool stopping_ = false;     ///< stop() was called, and holds from one run to the next until clear_stop()
  bool queueing_ = false;     ///< what this poll brings joins the queue instead of running at once
  bool idle_active_ = false;  ///< libuv has idle_ started
  tracer::Level told_level_ = tracer::Level::off;  ///< the recorder knows of all that this level wants to know of
  int poll_error_ = 0;                             ///< why this run ends early; a libuv code
  std::uint32_t polls_ = 0;
  std::uint64_t io_events_ = 0;  ///< of this poll
  std::uint64_t woke_ticks_ = 0;
};

}  // namespace loopscope::loop

#pragma once
/// The verbs of a trace: what the loop says happened, one method each.
///
/// Thread: the loop's, except set_level(), which any thread may call that the loop's thread cannot
///   overtake (bindings hold the GIL). Owner: of its WritableSession. Errors: none once made.
/// Cost: with level off every verb is one branch. No verb waits, allocates or makes a system call, with two
///   exceptions that happen once each per function or object: a name's first sight, a slot's first use.
/// A Recorder without a session (the default) records nothing, for ever: the null recorder. One that was moved from
/// may only be destroyed or assigned to.
///
/// Callers pass ticks that they already have; other verbs read the clock. If only a few instructions of the loop lie between
/// two events, both carry one stamp: the callbacks of a batch, and the begin and end of its phase. Reading the clock
/// costs as much as writing an event.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "tracer/format.h"
#include "tracer/system/clock.h"
#include "tracer/write/anchors.h"
#include "tracer/write/name_interner.h"
#include "tracer/write/object_slots.h"
#include "tracer/write/present_writer.h"
#include "tracer/write/requests.h"
#include "tracer/write/ring_writer.h"
#include "tracer/write/watched_session.h"
#include "tracer/write/writable_session.h"

namespace loopscope::tracer {

class Recorder {
 public:
  Recorder() = default;
  explicit Recorder(std::unique_ptr<WritableSession> session, Level level);
  /// After fork(), in the child: the session is the parent's. Records nothing from here on, for ever.
  void disown();
  /// From the next run on `watchdog` looks for stalls of this loop, and copies its stacks from `stacks`. Both outlive the recorder.
  void watch_with(Watchdog& watchdog, StackSource& stacks);
  /// The session and who watches it; null if nothing is recorded.
  [[nodiscard]] WatchedSession* watched() const { return session_.get(); }
  /// Does a living viewer ask for something, as of the latest look?
  [[nodiscard]] bool has_viewer() const { return requests_.viewer_pid() != 0; }
  /// How long something may be open before it is a stall; 0: for ever.
  void set_stall_threshold(std::uint64_t threshold_ns);

  // -- level ---------------------------------------------------------------------------------------------
  [[nodiscard]] bool on() const { return level_ != Level::off; }
  [[nodiscard]] bool callbacks() const { return level_ >= Level::callbacks; }
  [[nodiscard]] bool tasks() const { return level_ >= Level::tasks; }
  [[nodiscard]] Level level() const { return level_; }
  /// The level the program itself wants; viewers with a lease may raise it. Takes effect at the next poll.
  void set_level(Level level) {
    own_level_ = level;
    level_stale_ = true;
  }
  [[nodiscard]] Level own_level() const { return own_level_; }
  [[nodiscard]] WritableSession* session() const { return session_ ? &session_->session() : nullptr; }

  [[nodiscard]] std::uint64_t ticks() const { return now_ticks(clock_); }

  // -- names ---------------------------------------------------------------------------------------------
  /// The id of a function's name. `key` is any pointer that means the function until it is forgotten.
  NameId intern(const void* key, std::string_view name, std::string_view file, std::uint32_t line) {
    work_begins();  // a first sight may take a while
    return names_.intern(key, name, file, line);
  }
  /// kNoName if `key` was never interned.
  [[nodiscard]] NameId find_name(const void* key) const { return names_.find(key); }
  void forget_name(const void* key) { names_.forget(key); }
  /// The id of a text that is no function's: a thread's name, or what the program says.
  NameId intern_text(std::string_view text) { return names_.intern_text(text); }
  /// The id of a frame of a stack or a chain of coroutines; see tracer/format.h.
  NameId intern_frame(NameId caller, NameId function, std::uint32_t line) {
    return names_.intern_frame(caller, function, line);
  }
  /// False if the name has left the session. A caller that kept the id has to intern it again.
  [[nodiscard]] bool holds_name(NameId id) const { return names_.holds(id); }

  // -- the loop ------------------------------------------------------------------------------------------
  void loop_start();
  void loop_stop();

  void phase_begin(Phase phase, std::uint64_t waiting) {
    if (!on())
      return;
    const auto now = ticks();
    phase_ = phase;
    if (phase == Phase::idle)
      present_.ready_phase(phase, now, waiting);
    else
      present_.phase(phase, now);
    put({now, EventType::phase_begin, phase_, 0, 0, kNoName, waiting, 0});
    boundary_ticks_ = now;
  }
  void phase_end(std::uint64_t count) {
    if (!on())
      return;
    put({boundary(), EventType::phase_end, phase_, 0, 0, kNoName, count, 0});
  }
  /// Code without a span of its own runs now. So the next span does not begin where the last one ended.
  void work_begins() { boundary_ticks_ = 0; }

  /// The prepare phase begins. Keeps its time for poll_begin(), which carries it.
  void prepare_begin() {
    if (!on())
      return;
    prepare_ticks_ = ticks();
    phase_ = Phase::prepare;
    present_.phase(phase_, prepare_ticks_);
  }

  struct Poll {
    std::int32_t timeout_ms;
    PollReason reason;
    NameId culprit;
    std::uint64_t ready_depth;
    std::uint64_t timers_pending;
    std::uint64_t next_timer_ns;
  };
  /// The poll begins. Looks at level and leases first, so that levels change only between callbacks.
  void poll_begin(const Poll& poll) {
    if (level_stale_ || requests_.pending())
      refresh_level();
    if (!on())
      return;
    write_poll_begin(poll);
  }
  /// The kernel came back at `now` from a poll that slept, and the thread has to wait for the GIL.
  void poll_back(std::uint64_t now) {
    if (!on())
      return;
    present_.poll_back(now);
    session_->loop_turns();
  }
  /// The kernel came back. `woke` is when; `gil_wait` how long the GIL took after that.
  void poll_wake(std::uint64_t woke, std::uint64_t gil_wait, bool slept) {
    if (!on())
      return;
    present_.poll_awake(woke, woke + gil_wait);
    put({woke, EventType::poll_wake, phase_, 0, 0, kNoName, gil_wait, slept ? 1U : 0U});
    if (slept) {
      add(&Counters::gil_wait_ticks, gil_wait);
      add(&Counters::poll_sleep_ticks, woke - poll_begin_ticks_);
    }
  }
  /// The poll's callbacks are done and the check phase begins.
  void poll_end(std::uint64_t io_events) {
    if (!on())
      return;
    const auto now = ticks();
    put({now, EventType::poll_end, phase_, 0, 0, kNoName, io_events, iteration_});
    if (io_events != 0)
      add(&Counters::io_events, io_events);
    phase_ = Phase::check;
    present_.phase(phase_, now);
  }

  // -- callbacks -----------------------------------------------------------------------------------------
  /// Counts at any level but off; writes the pair of events from Level::callbacks on. Nests. `flags` are kReadyIsNs, and kFromQueue
  /// for the first one in the ready queue.
  void callback_begin(CallbackKind kind, NameId name, std::uint64_t ready, std::uint8_t flags,
                      std::uint64_t object) {
    if (!on())
      return;
    add(&Counters::callbacks, 1);
    if (!callbacks())
      return;
    const auto now = boundary();
    if ((flags & kFromQueue) != 0)
      ++unqueued_;
    put({now, EventType::callback_begin, phase_, static_cast<std::uint8_t>(kind), flags, name, ready, object});
    const auto depth = callback_depth_++;
    if (depth >= kCallbackFrames)
      return present_.callback_depth(callback_depth_);
    const PresentWriter::Callback frame{now, object, name, kind};
    frames_[depth] = frame;
    if (depth == 1)
      present_.outer_callback(frames_[0].since_ticks);
    present_.callback(frame, depth + 1);
  }
  void callback_end() {
    if (!callbacks() || callback_depth_ == 0)
      return;
    const auto depth = --callback_depth_;
    if (depth >= kCallbackFrames)
      return end_deep_callback();
    const auto frame = frames_[depth];
    const auto now = ticks();
    put({now, EventType::callback_end, phase_, static_cast<std::uint8_t>(frame.kind), 0, frame.name, 0,
         frame.object});
    if (depth == 0) {
      boundary_ticks_ = now;
      present_.no_callback();
    } else {
      present_.callback(frames_[depth - 1], depth);
    }
  }
  /// Of one that runs without events of its own.
  void count_callback() {
    work_begins();
    if (on())
      add(&Counters::callbacks, 1);
  }

  // -- the ready queue, at level tasks ---------------------------------------------------------------------
  /// One joined. `flags` are kOtherThread and kNoticed.
  void queued(CallbackKind kind, NameId name, std::uint64_t object, std::uint8_t flags = 0) {
    if (tasks())
      put({ticks(), EventType::queued, phase_, static_cast<std::uint8_t>(kind), flags, name, ++queued_, object});
  }
  /// The first one left it without a callback_begin() with kFromQueue; or, if the queue was cleared, all did.
  void unqueued(Unqueued how) {
    if (tasks())
      leave_queue(how);
  }
  /// What the queue holds is told of anew: queued() with kNoticed for each.
  void queue_begins_anew() { unqueued_ = queued_; }

  // -- timers, handles, bytes, tasks -----------------------------------------------------------------------
  void timer_set(NameId name, std::uint64_t id, std::uint64_t due_ns) {
    if (!on())
      return;
    add(&Counters::timers_set, 1);
    if (callbacks())
      put({ticks(), EventType::timer_set, phase_, 0, 0, name, id, due_ns});
  }
  /// It was set before callbacks were recorded.
  void timer_noticed(NameId name, std::uint64_t id, std::uint64_t due_ns) {
    if (callbacks())
      put({ticks(), EventType::timer_set, phase_, 0, kNoticed, name, id, due_ns});
  }
  /// `now` is when the loop looked which timers are due. It is the same for all that it found.
  void timer_fired(NameId name, std::uint64_t id, std::uint64_t due_ns, std::uint64_t now) {
    if (!on())
      return;
    add(&Counters::timers_fired, 1);
    if (callbacks())
      put({now, EventType::timer_fired, phase_, 0, 0, name, id, due_ns});
  }
  void timer_cancelled(NameId name, std::uint64_t id) {
    if (!on())
      return;
    add(&Counters::timers_cancelled, 1);
    if (callbacks())
      put({ticks(), EventType::timer_cancelled, phase_, 0, 0, name, id, 0});
  }
  /// Handles keep the id they are given here; 0 if recording is off.
  std::uint64_t handle_opened(HandleKind kind, NameId name, int fd) {
    return on() ? open_handle(kind, name, fd) : 0;
  }
  /// Closing 0 does nothing; a handle opened before the level went off leaves the present all the same.
  void handle_closed(HandleKind kind, std::uint64_t id) {
    if (id != 0)
      close_handle(kind, id);
  }
  /// libuv was told to close what watches `fd`: its closing callback is still to come. `id` may be 0.
  void handle_closing(std::uint64_t id, int fd) {
    if (on())
      put({ticks(), EventType::handle_closing, phase_, 0, 0, kNoName, id,
           static_cast<std::uint64_t>(std::int64_t{fd})});
  }
  /// What the kernel is asked about a descriptor is now `interest`. `handle` is 0 if the descriptor is not watched by add_reader() or
  /// add_writer(): the open handle with this descriptor is meant. `flags` are kNoticed.
  void watch_changed(std::uint64_t handle, int fd, std::uint8_t interest, std::uint8_t flags = 0) {
    if (callbacks())
      change_watch(handle, fd, interest, flags);
  }
  void bytes_read(std::uint64_t handle, std::uint64_t bytes) {
    if (!on())
      return;
    add(&Counters::bytes_read, bytes);
    if (callbacks())
      put({ticks(), EventType::bytes_read, phase_, 0, 0, kNoName, handle, bytes});
  }
  void bytes_written(std::uint64_t handle, std::uint64_t bytes) {
    if (!on())
      return;
    add(&Counters::bytes_written, bytes);
    if (callbacks())
      put({ticks(), EventType::bytes_written, phase_, 0, 0, kNoName, handle, bytes});
  }
  /// `id` is not 0, and no other task ever has it. Each task is told of once, and its end once, in one period. `address` is what
  /// its steps carry below level tasks, so that readers know it again; 0: not known.
  void task_created(NameId name, std::uint64_t id, TaskStart start = TaskStart::created,
                    std::uint64_t address = 0) {
    if (tasks())
      open_task(name, id, start, address);
  }
  void task_done(NameId name, std::uint64_t id, TaskEnd end = TaskEnd::done) {
    if (tasks())
      close_task(name, id, end);
  }
  /// A number that grows when the trace begins or stops to follow tasks. Numbers of tasks from before mean nothing then.
  [[nodiscard]] std::uint64_t tasks_period() const { return tasks_period_; }
  /// The step of task `id` that runs has stopped, in `frame` (intern_frame()), and waits for what has the id `awaited`; 0 if that has
  /// none.
  void step_stopped(std::uint64_t id, AwaitKind kind, NameId frame, std::uint64_t awaited) {
    if (tasks())
      stop_step(id, kind, frame, awaited);
  }
  /// A name that somebody gave it; or kNoName, and the number in asyncio's own "Task-n".
  void task_named(std::uint64_t id, NameId name, std::uint64_t number);

  // -- what else takes time ----------------------------------------------------------------------------------
  void gc_begin(int generation, bool other_thread);
  void gc_end(int generation, std::uint64_t collected, std::uint64_t uncollectable, bool other_thread);
  /// A job was given to a thread pool: its id; 0 if that is not recorded.
  std::uint64_t job_queued(JobKind kind, NameId function);
  /// In the worker's thread (bindings: with the GIL). Nothing for id 0.
  void job_begun(std::uint64_t id, NameId worker);
  void job_ended(std::uint64_t id, JobEnd end, bool other_thread);

  // -- what the program says about itself ----------------------------------------------------------------------
  void mark(NameId text, NameId details, std::uint64_t task);
  /// The span's id; 0 if nothing is recorded.
  std::uint64_t span_begin(NameId text, NameId details);
  void span_end(std::uint64_t id, NameId text);

  void wakeup() {
    if (on())
      put({ticks(), EventType::wakeup, phase_, 0, 0, kNoName, 0, 0});
  }

 private:
  /// Callbacks nested deeper than this are counted, but not remembered.
  static constexpr std::uint32_t kCallbackFrames = 16;

  [[nodiscard]] bool attached() const { return counters_ != nullptr; }
  void put(const Event& event) {
    boundary_ticks_ = 0;
    ring_.write(event);
  }
  /// Now; or when what was recorded last began or ended, if nothing has run since.
  [[nodiscard]] std::uint64_t boundary() const { return boundary_ticks_ != 0 ? boundary_ticks_ : ticks(); }
  void add(std::uint64_t Counters::*counter, std::uint64_t amount) {
    std::atomic_ref word(counters_->*counter);
    word.store(word.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }

  void refresh_level();
  void change_level(Level level, std::uint32_t viewer_pid);
  void forget_tasks();
  void write_poll_begin(const Poll& poll);
  void write_anchor();
  void end_deep_callback();
  void stop_step(std::uint64_t id, AwaitKind kind, NameId frame, std::uint64_t awaited);
  void leave_queue(Unqueued how);
  void change_watch(std::uint64_t handle, int fd, std::uint8_t interest, std::uint8_t flags);
  std::uint64_t open_handle(HandleKind kind, NameId name, int fd);
  void close_handle(HandleKind kind, std::uint64_t id);
  void open_task(NameId name, std::uint64_t id, TaskStart start, std::uint64_t address);
  void close_task(NameId name, std::uint64_t id, TaskEnd end);

  Level level_ = Level::off;      ///< in force
  Level own_level_ = Level::off;  ///< what the program asked for
  bool level_stale_ = false;      ///< the program may have asked for another one
  Phase phase_ = Phase::none;
  ClockSource clock_ = ClockSource::monotonic;
  std::uint32_t callback_depth_ = 0;
  RingWriter ring_;
  PresentWriter present_;
  Counters* counters_ = nullptr;
  std::uint64_t iteration_ = 0;      ///< of the latest poll
  std::uint64_t prepare_ticks_ = 0;  ///< 0: no prepare phase was seen
  std::uint64_t poll_begin_ticks_ = 0;
  std::uint64_t boundary_ticks_ = 0;  ///< of the latest event, while nothing but the loop itself has run since
  std::uint64_t last_handle_ = 0;
  std::uint64_t tasks_period_ = 1;
  PresentWriter::Callback frames_[kCallbackFrames];
  std::uint64_t queued_ = 0;    ///< callbacks that joined the ready queue, of those that are recorded
  std::uint64_t unqueued_ = 0;  ///< those of them that left it
  std::uint64_t last_job_ = 0;
  std::uint64_t last_span_ = 0;

  Requests requests_;
  Anchors anchors_;  ///< the latest one is in the ring
  NameInterner names_;
  HandleSlots handles_;
  TaskSlots tasks_;
  std::unique_ptr<WatchedSession> session_;
};

}  // namespace loopscope::tracer

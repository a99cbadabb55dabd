#pragma once
/// The verbs of a trace: what the loop says happened, one method each.
///
/// Thread: the loop's, except set_level(), which any thread may call that the loop's thread cannot
///   overtake (bindings hold the GIL). Owner: of its WritableSession. Errors: none once made.
/// Cost: with level off every verb is one branch. No verb waits, allocates or makes a system call, with two
///   exceptions that happen once each per function or object: a name's first sight, a slot's first use.
/// A Recorder without a session (the default) records nothing, for ever: the null recorder.
///
/// Callers give ticks they already have; verbs without one stamp themselves.

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "tracer/clock.h"
#include "tracer/format.h"
#include "tracer/name_interner.h"
#include "tracer/object_slots.h"
#include "tracer/ring_writer.h"
#include "tracer/writable_session.h"

namespace loopscope::tracer {

class Recorder {
 public:
  Recorder() = default;
  explicit Recorder(std::unique_ptr<WritableSession> session, Level level);

  // -- level ---------------------------------------------------------------------------------------------
  [[nodiscard]] bool on() const { return level_ != Level::off; }
  [[nodiscard]] bool callbacks() const { return level_ >= Level::callbacks; }
  [[nodiscard]] bool tasks() const { return level_ >= Level::tasks; }
  [[nodiscard]] Level level() const { return level_; }
  /// The level the program itself wants; viewers with a lease may raise it. Takes effect at the next poll.
  void set_level(Level level) { own_level_ = level; level_stale_ = true; }
  [[nodiscard]] Level own_level() const { return own_level_; }
  [[nodiscard]] WritableSession* session() const { return session_.get(); }

  [[nodiscard]] std::uint64_t ticks() const { return now_ticks(clock_); }

  // -- names ---------------------------------------------------------------------------------------------
  /// The id of a function's name. `key` is any pointer that stays unique while the session lives.
  NameId intern(const void* key, std::string_view name, std::string_view file, std::uint32_t line) {
    return names_.intern(key, name, file, line);
  }
  /// kNoName if `key` was never interned.
  [[nodiscard]] NameId find_name(const void* key) const { return names_.find(key); }

  // -- the loop ------------------------------------------------------------------------------------------
  void loop_start();
  void loop_stop();

  void phase_begin(Phase phase, std::uint64_t waiting) {
    if (!on()) return;
    const auto now = ticks();
    enter(phase, now);
    put({now, EventType::phase_begin, phase_, 0, 0, kNoName, waiting, 0});
  }
  void phase_end(std::uint64_t count) {
    if (!on()) return;
    put({ticks(), EventType::phase_end, phase_, 0, 0, kNoName, count, 0});
  }

  /// The prepare phase begins. Keeps its time for poll_begin(), which carries it.
  void prepare_begin() {
    if (!on()) return;
    prepare_ticks_ = ticks();
    enter(Phase::prepare, prepare_ticks_);
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
    if (level_stale_ || session_) refresh_level();
    if (!on()) return;
    write_poll_begin(poll);
  }
  /// The kernel came back. `woke` is when; `gil_wait` how long the GIL took after that.
  void poll_wake(std::uint64_t woke, std::uint64_t gil_wait, bool slept) {
    if (!on()) return;
    put({woke, EventType::poll_wake, phase_, 0, 0, kNoName, gil_wait, slept ? 1U : 0U});
    if (slept) {
      add(&Counters::gil_wait_ticks, gil_wait);
      add(&Counters::poll_sleep_ticks, woke - poll_begin_ticks_);
    }
  }
  /// The poll's callbacks are done and the check phase begins.
  void poll_end(std::uint64_t io_events);

  // -- callbacks -----------------------------------------------------------------------------------------
  /// Counts at any level but off; writes the pair of events from Level::callbacks on. Nests.
  void callback_begin(CallbackKind kind, NameId name, std::uint64_t ready, bool ready_is_ns, std::uint64_t object);
  void callback_end();
  void count_callback() { if (on()) add(&Counters::callbacks, 1); }

  // -- timers, handles, bytes, tasks -----------------------------------------------------------------------
  void timer_set(NameId name, std::uint64_t id, std::uint64_t due_ns);
  void timer_fired(NameId name, std::uint64_t id, std::uint64_t due_ns);
  void timer_cancelled(NameId name, std::uint64_t id);
  /// Handles keep the id they are given here; 0 if recording is off.
  std::uint64_t handle_opened(HandleKind kind, NameId name, int fd);
  void handle_closed(HandleKind kind, std::uint64_t id);
  void bytes_read(std::uint64_t handle, std::uint64_t bytes);
  void bytes_written(std::uint64_t handle, std::uint64_t bytes);
  void task_created(NameId name, std::uint64_t id);
  void task_done(NameId name, std::uint64_t id);
  void wakeup();

 private:
  void enter(Phase phase, std::uint64_t now);
  void put(const Event& event) { ring_.write(event); }
  void add(std::uint64_t Counters::* counter, std::uint64_t amount) {
    std::atomic_ref word(counters_->*counter);
    word.store(word.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  void refresh_level();
  void write_poll_begin(const Poll& poll);
  // H1 completes: sequence-locked Present, renewal of Present::anchor_last, lease scan, nesting stack.

  Level level_ = Level::off;      ///< in force
  Level own_level_ = Level::off;  ///< what the program asked for
  bool level_stale_ = false;
  Phase phase_ = Phase::none;
  ClockSource clock_ = ClockSource::monotonic;
  RingWriter ring_;
  Present* present_ = nullptr;
  Counters* counters_ = nullptr;
  Control* control_ = nullptr;
  std::uint64_t prepare_ticks_ = 0;
  std::uint64_t poll_begin_ticks_ = 0;
  NameInterner names_;
  ObjectSlots handles_;
  ObjectSlots tasks_;
  std::unique_ptr<WritableSession> session_;
};

}  // namespace loopscope::tracer

#include "tracer/write/recorder.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace loopscope::tracer {
namespace {

// As the words of slots are put together here.
static_assert(offsetof(HandleSlot, name) == 16 && offsetof(HandleSlot, kind) == 20 &&
              offsetof(HandleSlot, fd) == 24);
static_assert(offsetof(TaskSlot, since_ticks) == 8 && offsetof(TaskSlot, name) == 16);
static_assert(offsetof(TaskSlot, given_name) == offsetof(TaskSlot, name) + 4);
static_assert(offsetof(TaskSlot, await_kind) == offsetof(TaskSlot, frame) + 4 &&
              offsetof(TaskSlot, frame) % 8 == 0);

std::uint64_t thread_id() {
  return static_cast<std::uint64_t>(syscall(SYS_gettid));
}

}  // namespace

Recorder::Recorder(std::unique_ptr<WritableSession> session, Level level) {
  if (!session)
    return;
  session_ = std::make_unique<WatchedSession>(std::move(session));
  auto& written = session_->session();
  const auto& header = written.header();
  clock_ = header.clock_source;
  present_ = PresentWriter(written.present());
  counters_ = &written.counters();
  TrackCounts& counts = written.track_counts();
  ring_ = RingWriter(written.ring(), &counts.head);
  names_ = NameInterner(written.names(), &counts);
  handles_ = HandleSlots(written.handle_slots());
  tasks_ = TaskSlots(written.task_slots());
  requests_ = Requests(written.control());
  anchors_ = Anchors(clock_, header.anchor_first);
  own_level_ = level_ = level;
  present_.level(level_, own_level_);
}

void Recorder::watch_with(Watchdog& watchdog, StackSource& stacks) {
  if (session_)
    session_->watch_with(watchdog, stacks);
}

void Recorder::set_stall_threshold(std::uint64_t threshold_ns) {
  if (!attached())
    return;
  present_.stall_threshold(threshold_ns);
  if (on())
    session_->loop_turns();
}

void Recorder::disown() {
  if (session_)
    session_->disown();
  level_ = own_level_ = Level::off;
  level_stale_ = false;
  present_ = {};
  counters_ = nullptr;
  requests_ = {};
  ring_ = {};
  names_ = {};
  handles_ = {};
  tasks_ = {};
}

// Written at any level: whether the loop runs at all is never unknown.
void Recorder::loop_start() {
  if (!attached())
    return;
  const auto now = ticks();
  present_.running(true, phase_, now);
  if (on()) {
    const auto thread = thread_id();
    present_.loop_thread(thread);
    put({now, EventType::loop_start, phase_, 0, 0, kNoName, thread, 0});
  }
  session_->loop_runs(on());
  present_.anchor(take_anchor(clock_));  // not in the ring: starts and stops may come at any rate
}

void Recorder::loop_stop() {
  if (!attached())
    return;
  const auto now = ticks();
  phase_ = Phase::none;
  present_.running(false, phase_, now);
  if (on())
    put({now, EventType::loop_stop, phase_, 0, 0, kNoName, 0, 0});
  present_.anchor(take_anchor(clock_));  // not in the ring: starts and stops may come at any rate
}

// -- poll ------------------------------------------------------------------------------------------------

void Recorder::write_poll_begin(const Poll& poll) {
  const auto now = ticks();
  const auto in_prepare = prepare_ticks_ == 0 ? 0 : now - prepare_ticks_;
  prepare_ticks_ = 0;
  poll_begin_ticks_ = now;
  phase_ = Phase::poll;
  ++iteration_;
  put({now, EventType::poll_begin, phase_, static_cast<std::uint8_t>(poll.reason), 0, poll.culprit, iteration_,
       std::uint64_t{static_cast<std::uint32_t>(poll.timeout_ms)} | std::min<std::uint64_t>(in_prepare, UINT32_MAX)
                                                                        << 32U});
  add(&Counters::iterations, 1);

  present_.poll({poll.reason, poll.timeout_ms, poll.culprit, iteration_, poll.ready_depth, poll.timers_pending,
                 poll.next_timer_ns},
                now);
  if (anchors_.due(now))
    write_anchor();
}

void Recorder::write_anchor() {
  const auto anchor = anchors_.take();
  present_.anchor(anchor);
  if (clock_ != ClockSource::monotonic)
    put({anchor.ticks, EventType::clock_anchor, phase_, 0, 0, kNoName, anchor.monotonic_ns, 0});
}

// -- level -----------------------------------------------------------------------------------------------

void Recorder::refresh_level() {
  if (!attached())
    return;
  requests_.look(ticks(), anchors_.ticks_of(Requests::kScanNs));
  const bool own_may_differ = std::exchange(level_stale_, false);
  const bool raised = requests_.level() > own_level_;
  const auto level = raised ? requests_.level() : own_level_;
  if (level != level_)
    change_level(level, raised ? requests_.viewer_pid() : 0);
  else if (own_may_differ)
    present_.level(level_, own_level_);
}

void Recorder::change_level(Level level, std::uint32_t viewer_pid) {
  const auto before = std::exchange(level_, level);
  const Event event{
      ticks(), EventType::level_changed, phase_, static_cast<std::uint8_t>(level), 0, kNoName, viewer_pid, 0};
  put(event);
  if ((before >= Level::tasks) != tasks())
    ++tasks_period_;
  if (before >= Level::tasks && !tasks())
    forget_tasks();
  if (!callbacks() && callback_depth_ != 0) {
    callback_depth_ = 0;
    present_.no_callback();
  }
  if (!on())
    prepare_ticks_ = 0;
  if (before == Level::off && on()) {
    present_.loop_thread(thread_id());
    session_->loop_runs(true);
  }
  present_.level(level_, own_level_);
}

// -- callbacks, the ready queue ----------------------------------------------------------------------------

void Recorder::end_deep_callback() {
  put({ticks(), EventType::callback_end, phase_, 0, 0, kNoName, 0, 0});
  present_.callback_depth(callback_depth_);
}

void Recorder::leave_queue(Unqueued how) {
  unqueued_ = how == Unqueued::cleared ? queued_ : unqueued_ + 1;
  put({ticks(), EventType::unqueued, phase_, static_cast<std::uint8_t>(how), 0, kNoName, unqueued_, 0});
}

// -- handles, tasks --------------------------------------------------------------------------------------------

std::uint64_t Recorder::open_handle(HandleKind kind, NameId name, int fd) {
  const auto now = ticks();
  const auto id = ++last_handle_;
  const auto detail = static_cast<std::uint64_t>(std::int64_t{fd});
  put({now, EventType::handle_opened, phase_, static_cast<std::uint8_t>(kind), 0, name, id, detail});
  add(&Counters::handles_opened, 1);
  const auto named = name | std::uint64_t{static_cast<std::uint8_t>(kind)} << 32U;
  if (!handles_.open(HandleSlots::Words{id, now, named, detail}))
    add(&Counters::slots_lost, 1);
  return id;
}

void Recorder::close_handle(HandleKind kind, std::uint64_t id) {
  handles_.close(id);
  if (!on())
    return;
  add(&Counters::handles_closed, 1);
  put({ticks(), EventType::handle_closed, phase_, static_cast<std::uint8_t>(kind), 0, kNoName, id, 0});
}

void Recorder::change_watch(std::uint64_t handle, int fd, std::uint8_t interest, std::uint8_t flags) {
  put({ticks(), EventType::watch_changed, phase_, interest, flags, kNoName, handle,
       static_cast<std::uint64_t>(std::int64_t{fd})});
  constexpr auto kWord = offsetof(HandleSlot, name);
  constexpr auto kShift = 8 * (offsetof(HandleSlot, interest) - kWord);
  handles_.change(handle, [&](auto& slot) {
    slot.put(kWord, (slot.get(kWord) & ~(std::uint64_t{0xFF} << kShift)) | std::uint64_t{interest} << kShift);
  });
}

void Recorder::open_task(NameId name, std::uint64_t id, TaskStart start, std::uint64_t address) {
  const auto now = ticks();
  put({now, EventType::task_created, phase_, static_cast<std::uint8_t>(start), 0, name, id, address});
  add(&Counters::tasks_created, 1);
  add(&Counters::tasks_live, 1);
  if (!tasks_.open(TaskSlots::Words{id, now, name}))
    add(&Counters::slots_lost, 1);
}

void Recorder::close_task(NameId name, std::uint64_t id, TaskEnd end) {
  put({ticks(), EventType::task_done, phase_, static_cast<std::uint8_t>(end), 0, name, id, 0});
  add(&Counters::tasks_done, 1);
  if (end == TaskEnd::destroyed)
    add(&Counters::tasks_destroyed, 1);
  add(&Counters::tasks_live, UINT64_MAX);  // one less
  tasks_.close(id);
}

void Recorder::stop_step(std::uint64_t id, AwaitKind kind, NameId frame, std::uint64_t awaited) {
  const auto now = ticks();
  put({now, EventType::step_stopped, phase_, static_cast<std::uint8_t>(kind), 0, frame, id, awaited});
  tasks_.change(id, [&](auto& slot) {
    slot.put(offsetof(TaskSlot, stopped_ticks), now);
    slot.put(offsetof(TaskSlot, awaited), awaited);
    slot.put(offsetof(TaskSlot, frame), frame | std::uint64_t{static_cast<std::uint8_t>(kind)} << 32U);
  });
}

void Recorder::task_named(std::uint64_t id, NameId name, std::uint64_t number) {
  if (!tasks())
    return;
  put({ticks(), EventType::task_named, phase_, 0, 0, name, id, number});
  tasks_.change(id, [&](auto& slot) {
    const auto coroutine = static_cast<NameId>(slot.get(offsetof(TaskSlot, name)));
    slot.put(offsetof(TaskSlot, name), coroutine | std::uint64_t{name} << 32U);
    slot.put(offsetof(TaskSlot, number), number);
  });
}

void Recorder::forget_tasks() {
  tasks_.clear();
  std::atomic_ref(counters_->tasks_live).store(0, std::memory_order_relaxed);
}

}  // namespace loopscope::tracer

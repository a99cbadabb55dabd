#include "tracer/recorder.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace loopscope::tracer {
namespace {

constexpr std::uint64_t kLeaseScanNs = 100'000'000;
// The first anchors come close together, so that a program that lives for milliseconds has two of them.
constexpr std::uint64_t kFirstAnchorIntervalNs = 1'000'000;
constexpr std::uint64_t kAnchorIntervalNs = 1'000'000'000;

std::uint64_t thread_id() {
  return static_cast<std::uint64_t>(syscall(SYS_gettid));
}

template <typename Word>
Word load(const Word& word) {
  return std::atomic_ref(const_cast<Word&>(word)).load(std::memory_order_relaxed);
}

}  // namespace

Recorder::Recorder(std::unique_ptr<WritableSession> session, Level level) : session_(std::move(session)) {
  if (!session_)
    return;
  const auto& header = session_->header();
  clock_ = header.clock_source;
  present_ = PresentWriter(session_->present());
  counters_ = &session_->counters();
  control_ = &session_->control();
  ring_ = RingWriter(session_->ring(), &counters_->head);
  names_ = NameInterner(session_->names(), counters_);
  handles_ = ObjectSlots(session_->handle_slots());
  tasks_ = ObjectSlots(session_->task_slots());
  own_level_ = level_ = level;
  anchored_ = header.anchor_first;
  anchor_interval_ns_ = kFirstAnchorIntervalNs;
  anchor_after_ticks_ = ticks_of(anchor_interval_ns_);
  present_.level(level_, own_level_);
}

void Recorder::disown() {
  if (session_)
    session_->disown();
  level_ = own_level_ = Level::off;
  level_stale_ = leases_active_ = false;
  present_ = {};
  counters_ = nullptr;
  control_ = nullptr;
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
  renew_anchor();
}

void Recorder::loop_stop() {
  if (!attached())
    return;
  const auto now = ticks();
  phase_ = Phase::none;
  present_.running(false, phase_, now);
  if (on())
    put({now, EventType::loop_stop, phase_, 0, 0, kNoName, 0, 0});
  renew_anchor();
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
  if (now - anchored_.ticks >= anchor_after_ticks_)
    write_anchor();
}

/// Both clocks, where readers look first. Starts and stops of the loop may come at any rate: they stand nowhere else.
ClockAnchor Recorder::renew_anchor() {
  const auto last = take_anchor(clock_);
  present_.anchor(last);
  return last;
}

/// What readers need to tell the time on both sides of a suspend.
void Recorder::write_anchor() {
  const auto last = renew_anchor();
  if (clock_ != ClockSource::monotonic)
    put({last.ticks, EventType::clock_anchor, phase_, 0, 0, kNoName, last.monotonic_ns, 0});
  learn_rate(last);
  anchored_ = last;
  anchor_after_ticks_ = ticks_of(anchor_interval_ns_);
  anchor_interval_ns_ = std::min(anchor_interval_ns_ * 2, kAnchorIntervalNs);
}

/// A machine that stands still adds ticks: the least rate is the true one.
void Recorder::learn_rate(const ClockAnchor& last) {
  if (last.ticks <= anchored_.ticks || last.monotonic_ns < anchored_.monotonic_ns + kFirstAnchorIntervalNs)
    return;
  const auto rate = static_cast<double>(last.ticks - anchored_.ticks) /
                    static_cast<double>(last.monotonic_ns - anchored_.monotonic_ns);
  ticks_per_ns_ = rate_known_ ? std::min(ticks_per_ns_, rate) : rate;
  rate_known_ = true;
}

std::uint64_t Recorder::ticks_of(std::uint64_t ns) const {
  return static_cast<std::uint64_t>(static_cast<double>(ns) * ticks_per_ns_);
}

// -- level -----------------------------------------------------------------------------------------------

void Recorder::refresh_level() {
  const auto changes = load(control_->lease_change);
  const auto now = ticks();
  if (changes != lease_change_seen_ || (leases_active_ && now - scanned_ticks_ >= scan_after_ticks_)) {
    lease_change_seen_ = changes;
    scan_leases();
    scanned_ticks_ = now;
    scan_after_ticks_ = ticks_of(kLeaseScanNs);
  }
  const bool own_may_differ = std::exchange(level_stale_, false);
  const bool raised = leased_level_ > own_level_;
  const auto level = raised ? leased_level_ : own_level_;
  if (level != level_)
    change_level(level, raised ? leased_by_ : 0);
  else if (own_may_differ)
    present_.level(level_, own_level_);
}

/// The highest level that any living viewer asks for.
void Recorder::scan_leases() {
  leases_active_ = false;
  leased_level_ = Level::off;
  leased_by_ = 0;
  const auto now = monotonic_ns();
  for (const auto& lease : control_->leases) {
    const auto claim = load(reinterpret_cast<const std::uint64_t&>(lease));  // pid and level change together
    const auto pid = static_cast<std::uint32_t>(claim);
    const auto heartbeat = load(lease.heartbeat_ns);
    if (pid == 0 || (heartbeat <= now && now - heartbeat > kLeaseTimeoutNs))
      continue;
    // Nobody beats ahead of the clock by much: such a lease would never end.
    if (heartbeat > now && heartbeat - now > kLeaseTimeoutNs)
      continue;
    leases_active_ = true;
    const auto wanted = std::min(claim >> 32U, std::uint64_t{static_cast<std::uint8_t>(Level::tasks)});
    if (static_cast<Level>(wanted) <= leased_level_)
      continue;
    leased_level_ = static_cast<Level>(wanted);
    leased_by_ = pid;
  }
}

void Recorder::change_level(Level level, std::uint32_t viewer_pid) {
  const auto before = std::exchange(level_, level);
  const Event event{
      ticks(), EventType::level_changed, phase_, static_cast<std::uint8_t>(level), 0, kNoName, viewer_pid, 0};
  put(event);
  if (before >= Level::tasks && !tasks())
    forget_tasks();
  if (!callbacks() && callback_depth_ != 0) {
    callback_depth_ = 0;
    present_.no_callback();
  }
  if (!on())
    prepare_ticks_ = 0;
  if (before == Level::off && on())
    present_.loop_thread(thread_id());
  present_.level(level_, own_level_);
}

// -- callbacks, handles, tasks ---------------------------------------------------------------------------

void Recorder::end_deep_callback() {
  put({ticks(), EventType::callback_end, phase_, 0, 0, kNoName, 0, 0});
  present_.callback_depth(callback_depth_);
}

std::uint64_t Recorder::open_handle(HandleKind kind, NameId name, int fd) {
  const auto now = ticks();
  const auto id = ++last_handle_;
  const auto detail = static_cast<std::uint64_t>(std::int64_t{fd});
  put({now, EventType::handle_opened, phase_, static_cast<std::uint8_t>(kind), 0, name, id, detail});
  add(&Counters::handles_opened, 1);
  if (!handles_.open({id, now, name, static_cast<std::uint8_t>(kind), {}, detail}))
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

void Recorder::open_task(NameId name, std::uint64_t id, TaskStart start) {
  const auto now = ticks();
  put({now, EventType::task_created, phase_, static_cast<std::uint8_t>(start), 0, name, id, 0});
  add(&Counters::tasks_created, 1);
  add(&Counters::tasks_live, 1);
  if (!tasks_.open({id, now, name, 0, {}, 0}))
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

void Recorder::forget_tasks() {
  ++tasks_period_;
  tasks_.clear();
  std::atomic_ref(counters_->tasks_live).store(0, std::memory_order_relaxed);
}

}  // namespace loopscope::tracer

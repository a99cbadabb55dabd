#include "loop/loop.h"

#include <utility>

namespace loopscope::loop {

using tracer::Phase;

namespace {

/// An iteration without polls ends after this long: viewers, and libuv's clock, are looked after between iterations.
constexpr std::int64_t kLongestWithoutPollNs = 50'000;
constexpr int kMostGenerations = 64;

std::uint8_t flags_of(const Callback& callback, bool from_queue) {
  return static_cast<std::uint8_t>((callback.ready_is_ns() ? tracer::kReadyIsNs : 0) |
                                   (from_queue ? tracer::kFromQueue : 0));
}

}  // namespace

// -- one iteration, in the order of libuv 1.44 (from 1.45 on, timers come last) -----------------------------------

void Loop::on_timer() {
  timers_.fired();
  if (state_ == RunState::starting)
    return;
  timers_.collect_due(recorder_, woke_ticks_);
  if (timers_.due().empty())
    return;
  recorder_.phase_begin(Phase::timers, timers_.due().size());
  recorder_.phase_end(queueing_ ? queue_due_timers() : run_batch(timers_.due()));
  arm_idle();
}

void Loop::on_idle() {
  if (state_ == RunState::starting)
    return;
  if (queueing_ && !ending()) {
    recorder_.phase_begin(Phase::idle, ready_.size());
    recorder_.phase_end(run_generations());
  }
  if (stopping_ || until_ != RunUntil::stopped)
    end_run();
}

void Loop::on_prepare() {
  callback_returned();
  recorder_.prepare_begin();
  check_poll();
  const auto poll = decide_poll();
  arm_idle();
  if (poll.timeout_ms != 0)
    watchers_.disarm_unwanted();
  watchers_.renew_if_wanted(alarm_);
  recorder_.poll_begin(poll);
  if (recorder_.level() != told_level_) [[unlikely]]
    level_changed();
  enter_poll(poll.timeout_ms != 0);
}

void Loop::io_ready(Callback& callback) {
  const bool at_once = !queueing_ && state_ != RunState::interrupted;
  if (!at_once && callback.queued())
    return;
  callback.set_ready_ticks(woke_ticks_);
  callback.retain();
  if (!at_once)
    return enqueue(callback);
  recorder_.work_begins();
  run_callback(callback);
}

void Loop::on_check() {
  poll_returned();
  recorder_.poll_end(io_events_);
  io_events_ = 0;
  timers_.fire_if_due();
  arm_idle();
}

// The closing phase is libuv's: closing_callback_begins() and closing_callback_ends() stand around each handle's.

// -- the poll ------------------------------------------------------------------------------------------------------

/// libuv would abort the process if it polled with descriptors that somebody has closed.
void Loop::check_poll() {
  if (kernel_.intact()) [[likely]]
    return;
  poll_error_ = UV_EBADF;
  watchers_.take_up_new_poll(alarm_);
  interrupt();
}

PollState Loop::state_before_poll() {
  PollState state;
  // First: a program's clock may do anything, so that what else is looked at here must be looked at after it.
  if (ready_.empty() && !stopping_ && !ending() && timers_.size() != 0)
    state.now_ns = timers_.now_before_poll();
  state.may_wait = until_ != RunUntil::polled_without_waiting;
  state.stopping = stopping_ || ending();
  state.ready = !ready_.empty();
  state.closing = closing_.due();
  if (const TimerHeap::Timer* next = timers_.first())
    state.next_timer_ns = next->due_ns;
  return state;
}

tracer::Recorder::Poll Loop::decide_poll() {
  const PollState state = state_before_poll();
  const TimerHeap::Timer* next = timers_.first();
  const PollTimeout decided = poll_timeout(state);
  timers_.arm(decided);
  if (decided.reason == tracer::PollReason::until_timer && !timers_.on_programs_clock() &&
      next->due_ns - state.now_ns <= Alarm::kSoonNs)
    alarm_.set(next->due_ns);

  tracer::Recorder::Poll poll{decided.timeout_ms, decided.reason, tracer::kNoName,
                              ready_.size(),      timers_.size(), 0};
  if (next != nullptr)
    poll.next_timer_ns = timers_.traced(next->due_ns);
  if (recorder_.on()) {
    if (decided.reason == tracer::PollReason::ready_callbacks)
      poll.culprit = ready_.front().describe(recorder_).name;
    else if (next != nullptr && decided.reason >= tracer::PollReason::timer_due && decided.timeout_ms >= 0)
      poll.culprit = next->callback->describe(recorder_).name;
  }
  return poll;
}

void Loop::enter_poll(bool may_sleep) {
  const bool opens = may_sleep && gate_ != nullptr;
  poll_stage_.store(opens ? PollStage::asleep : PollStage::inside, std::memory_order_relaxed);
  if (opens)
    gate_->open();
}

void Loop::leave_poll() {
  const bool slept = sleeps();
  ++polls_;
  const bool on = recorder_.on();
  woke_ticks_ = on ? recorder_.ticks() : 0;
  std::uint64_t gil_wait = 0;
  if (slept) {
    recorder_.poll_back(woke_ticks_);
    gate_->close();
    if (on)
      gil_wait = recorder_.ticks() - woke_ticks_;
  }
  poll_stage_.store(PollStage::outside, std::memory_order_relaxed);
  recorder_.poll_wake(woke_ticks_, gil_wait, slept);
  if (slept) {
    watchers_.catch_up();
    gate_->closed();
  }
  if (state_ == RunState::starting)
    state_ = RunState::running;
  queueing_ = ending() || !ready_.empty();
  timers_.poll_returned();
}

/// The idle handle is active while there is something to do without waiting: that makes libuv's timeout 0.
void Loop::arm_idle() {
  const bool polled_once = until_ == RunUntil::polled && state_ != RunState::starting;
  const bool wanted = !ready_.empty() || stopping_ || polled_once || until_ == RunUntil::polled_without_waiting;
  if (wanted == idle_active_)
    return;
  idle_active_ = wanted;
  if (wanted)
    uv_idle_start(&idle_, [](uv_idle_t* handle) { static_cast<Loop*>(handle->loop->data)->on_idle(); });
  else
    uv_idle_stop(&idle_);
}

// -- callbacks of an iteration ---------------------------------------------------------------------------------------

/// None of them runs in the timers phase.
std::uint64_t Loop::queue_due_timers() {
  recorder_.work_begins();
  while (!timers_.due().empty()) enqueue(timers_.due().pop());
  return 0;
}

void Loop::enqueue(Callback& callback) {
  if (recorder_.tasks()) [[unlikely]]
    record_queued(callback, 0);
  ready_.push(callback);
}

void Loop::record_queued(Callback& callback, std::uint8_t flags) {
  const Description what = callback.describe(recorder_);
  recorder_.queued(what.kind, what.name, what.object, flags);
}

/// Says what was so before it was recorded.
void Loop::level_changed() {
  const auto before = std::exchange(told_level_, recorder_.level());
  if (recorder_.callbacks() && before < tracer::Level::callbacks) {
    timers_.record_waiting(recorder_);
    watchers_.for_each([](const FdWatcher& watcher) { watcher.record_armed(); });
  }
  if (recorder_.tasks() && before < tracer::Level::tasks) {
    recorder_.queue_begins_anew();
    ready_.for_each([&](Callback& callback) { record_queued(callback, tracer::kNoticed); });
  }
}

/// Answers how many ran.
std::uint64_t Loop::run_batch(ReadyQueue& queue) {
  std::uint64_t count = 0;
  const bool from_queue = &queue == &ready_;
  for (auto left = queue.size(); left > 0 && state_ != RunState::interrupted; --left)
    count += run_callback(queue.pop(), from_queue) ? 1 : 0;
  if (!from_queue) {
    while (!queue.empty()) enqueue(queue.pop());
  }
  return count;
}

/// The callbacks that are ready, and those that they schedule, one generation after the other, until a poll could
/// bring something. Answers how many ran.
std::uint64_t Loop::run_generations() {
  std::uint64_t count = run_batch(ready_);
  if (watchers_.awaited() != 0 || ready_.empty())
    return count;
  const std::int64_t until_ns = without_poll_until_ns();
  for (int left = kMostGenerations; left > 0 && poll_would_bring_nothing(until_ns); --left) {
    count += run_batch(ready_);
  }
  return count;
}

std::int64_t Loop::without_poll_until_ns() {
  return static_cast<std::int64_t>(tracer::monotonic_ns()) + kLongestWithoutPollNs;
}

/// Nothing but a descriptor could end the next poll at once.
bool Loop::may_go_without_poll(std::int64_t until_ns) {
  if (stopping_ || until_ != RunUntil::stopped || ending() || closing_.due())
    return false;
  const auto now_ns = static_cast<std::int64_t>(tracer::monotonic_ns());
  const TimerHeap::Timer* next = timers_.first();
  if (now_ns >= until_ns)
    return false;
  return next == nullptr || (!timers_.on_programs_clock() && next->due_ns > now_ns);
}

bool Loop::poll_would_bring_nothing(std::int64_t until_ns) {
  return watchers_.awaited() == 0 && !ready_.empty() && may_go_without_poll(until_ns);
}

bool Loop::next_poll_is_only_for(const FdWatcher& watcher, std::int64_t until_ns) {
  return watchers_.awaited() == 1 && watcher.only_reads() && !queueing_ && ready_.empty() &&
         may_go_without_poll(until_ns);
}

bool Loop::run_callback(Callback& callback, bool from_queue) {
  if (callback.cancelled()) {
    recorder_.work_begins();
    if (from_queue)
      recorder_.unqueued(tracer::Unqueued::cancelled);
    callback.drop();
    return false;
  }
  if (callback.records_itself() || !recorder_.callbacks()) {
    if (callback.records_itself())
      recorder_.work_begins();
    else
      recorder_.count_callback();
    if (from_queue)
      recorder_.unqueued(tracer::Unqueued::runs);
    callback.run();
    callback_returned();
    return true;
  }
  const Description what = callback.describe(recorder_);
  recorder_.callback_begin(what.kind, what.name, callback.ready(), flags_of(callback, from_queue), what.object);
  callback.run();
  callback_returned();
  recorder_.callback_end();
  return true;
}

}  // namespace loopscope::loop

#include "loop/loop.h"

#include <algorithm>
#include <system_error>

namespace loopscope::loop {

using tracer::Phase;

namespace {

void check(int code, const char* what) {
  if (code < 0)
    throw std::system_error(-code, std::generic_category(), what);
}

Loop& owner(const uv_loop_t* loop) {
  return *static_cast<Loop*>(loop->data);
}

/// An iteration without polls ends after this long: viewers, and libuv's clock, are looked after between iterations.
constexpr std::int64_t kLongestWithoutPollNs = 50'000;
constexpr int kMostGenerations = 64;

}  // namespace

Loop::Loop() {
  check(KernelPoll::open(uv_), "uv_loop_init");
  uv_.data = this;
  // First, as it is the only one that can fail: a destructor does not run for what was never made.
  const int error = uv_async_init(&uv_, &wakeup_, [](uv_async_t* handle) {
    Loop& self = owner(handle->loop);
    self.poll_returned();
    self.count_io_event();
    self.recorder_.wakeup();
  });
  if (error != 0)
    uv_loop_close(&uv_);
  check(error, "uv_async_init");
  timers_.open(uv_, [](uv_timer_t* handle) { owner(handle->loop).on_timer(); });
  uv_idle_init(&uv_, &idle_);
  uv_prepare_init(&uv_, &prepare_);
  uv_check_init(&uv_, &check_);
  uv_prepare_start(&prepare_, [](uv_prepare_t* handle) { owner(handle->loop).on_prepare(); });
  uv_check_start(&check_, [](uv_check_t* handle) { owner(handle->loop).on_check(); });
}

Loop::~Loop() {
  close();
}

// -- one iteration, in the order of libuv 1.44: from 1.45 on timers come last ------------------------------------

void Loop::on_timer() {
  timers_.fired();
  if (!polled_)
    return;
  timers_.collect_due(recorder_, woke_ticks_);
  ReadyQueue& due = timers_.due();
  const auto count = due.size();
  if (count == 0)
    return;
  recorder_.phase_begin(Phase::timers, count);
  std::uint64_t run = 0;
  if (queueing_) {
    recorder_.work_begins();
    while (!due.empty()) ready_.push(due.pop());
  } else {
    run = run_batch(due);
  }
  recorder_.phase_end(run);
  arm_idle();
}

void Loop::on_idle() {
  if (!polled_)
    return;
  if (queueing_ && !ending_) {
    recorder_.phase_begin(Phase::idle, ready_.size());
    recorder_.phase_end(run_generations());
  }
  if (stopping_ || once_)
    end_run();
}

void Loop::on_prepare() {
  callback_returned();
  recorder_.prepare_begin();
  check_poll();
  const auto poll = decide_poll();
  arm_idle();
  if (poll.timeout_ms != 0 && !unwanted_watchers_.empty())
    disarm_unwanted();
  if (renew_poll_)
    take_up_new_poll();
  recorder_.poll_begin(poll);
  in_poll_ = true;
  if (poll.timeout_ms != 0 && gate_ != nullptr) {
    sleeping_.store(true, std::memory_order_relaxed);
    gate_->open();
  }
}

void Loop::io_ready(Callback& callback) {
  if (queueing_ || interrupted_) {
    if (callback.queued())
      return;
    callback.set_ready_ticks(woke_ticks_);
    callback.retain();
    ready_.push(callback);
    return;
  }
  recorder_.work_begins();
  callback.set_ready_ticks(woke_ticks_);
  callback.retain();
  run_callback(callback);
}

void Loop::on_check() {
  poll_returned();
  recorder_.poll_end(io_events_);
  io_events_ = 0;
  timers_.fire_if_due();
  arm_idle();
}

void Loop::closing_callback_begin() {
  if (closing_left_ > 0)
    return;
  closing_left_ = closing_batch_ = closing_;
  recorder_.phase_begin(Phase::closing, closing_);
  recorder_.work_begins();
}

void Loop::closing_callback_end() {
  --closing_;
  if (--closing_left_ == 0)
    recorder_.phase_end(closing_batch_);
}

// -- what the phases are made of -----------------------------------------------------------------------------------

/// Answers how many ran.
std::uint64_t Loop::run_batch(ReadyQueue& queue) {
  std::uint64_t count = 0;
  for (auto left = queue.size(); left > 0 && !interrupted_; --left) count += run_callback(queue.pop()) ? 1 : 0;
  if (&queue != &ready_) {
    while (!queue.empty()) ready_.push(queue.pop());
  }
  return count;
}

/// The callbacks that are ready, and those that they schedule, one generation after the other, until a poll could
/// bring something. Answers how many ran.
std::uint64_t Loop::run_generations() {
  std::uint64_t count = run_batch(ready_);
  if (awaited_ != 0 || ready_.empty())
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
  if (stopping_ || once_ || ending_ || interrupted_ || closing_ != 0)
    return false;
  const auto now_ns = static_cast<std::int64_t>(tracer::monotonic_ns());
  const TimerHeap::Timer* next = timers_.first();
  if (now_ns >= until_ns)
    return false;
  return next == nullptr || (!timers_.on_programs_clock() && next->due_ns > now_ns);
}

bool Loop::poll_would_bring_nothing(std::int64_t until_ns) {
  return awaited_ == 0 && !ready_.empty() && may_go_without_poll(until_ns);
}

bool Loop::next_poll_is_only_for(const FdWatcher& watcher, std::int64_t until_ns) {
  return awaited_ == 1 && watcher.only_reads() && !queueing_ && ready_.empty() && may_go_without_poll(until_ns);
}

bool Loop::run_callback(Callback& callback) {
  if (callback.cancelled()) {
    recorder_.work_begins();
    callback.drop();
    return false;
  }
  if (callback.records_itself() || !recorder_.callbacks()) {
    if (callback.records_itself())
      recorder_.work_begins();
    else
      recorder_.count_callback();
    callback.run();
    callback_returned();
    return true;
  }
  const Description what = callback.describe(recorder_);
  recorder_.callback_begin(what.kind, what.name, callback.ready(), callback.ready_is_ns(), what.object);
  callback.run();
  callback_returned();
  recorder_.callback_end();
  return true;
}

tracer::Recorder::Poll Loop::decide_poll() {
  PollState state;
  // First: a program's clock may do anything, so that what else is looked at here must be looked at after it.
  if (ready_.empty() && !stopping_ && !ending_ && timers_.size() != 0)
    state.now_ns = timers_.now_before_poll();
  const TimerHeap::Timer* next = timers_.first();
  state.may_wait = may_wait_;
  state.stopping = stopping_ || ending_;
  state.ready = !ready_.empty();
  state.closing = closing_ != 0;
  if (next != nullptr)
    state.next_timer_ns = next->due_ns;
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

void Loop::leave_poll() {
  in_poll_ = false;
  ++polls_;
  const bool on = recorder_.on();
  woke_ticks_ = on ? recorder_.ticks() : 0;
  const bool slept = sleeping_.load(std::memory_order_relaxed);
  std::uint64_t gil_wait = 0;
  if (slept) {
    gate_->close();
    sleeping_.store(false, std::memory_order_relaxed);
    wake_sent_.store(false, std::memory_order_relaxed);
    if (on)
      gil_wait = recorder_.ticks() - woke_ticks_;
  }
  recorder_.poll_wake(woke_ticks_, gil_wait, slept);
  if (slept) {
    catch_up();
    gate_->closed();
  }
  polled_ = true;
  queueing_ = ending_ || !ready_.empty();
  timers_.poll_returned();
}

/// The idle handle is active while there is something to do without waiting: that makes libuv's timeout 0.
void Loop::arm_idle() {
  const bool wanted = !ready_.empty() || stopping_ || !may_wait_ || (once_ && polled_);
  if (wanted == idle_active_)
    return;
  idle_active_ = wanted;
  if (wanted)
    uv_idle_start(&idle_, [](uv_idle_t* handle) { owner(handle->loop).on_idle(); });
  else
    uv_idle_stop(&idle_);
}

void Loop::catch_up_after_poll(FdWatcher& watcher) {
  late_watchers_.push_back(&watcher);
  wake();
}

void Loop::catch_up() {
  for (FdWatcher* watcher : std::exchange(late_watchers_, {})) watcher->catch_up();
}

void Loop::disarm_unwanted() {
  for (FdWatcher* watcher : unwanted_watchers_) {
    if (!watcher->disarm_unwanted())
      renew_poll_ = true;
  }
  unwanted_watchers_.clear();
}

/// libuv would abort the process if it polled with descriptors that somebody has closed.
void Loop::check_poll() {
  if (kernel_.intact()) [[likely]]
    return;
  poll_error_ = UV_EBADF;
  take_up_new_poll();
  interrupt();
}

int Loop::take_up_new_poll() {
  renew_poll_ = false;
  for (FdWatcher* watcher : watchers_) {
    if (watcher != nullptr)
      watcher->before_new_poll();
  }
  alarm_.before_new_poll();
  const int error = kernel_.renew();
  alarm_.poll_renewed();
  for (std::size_t fd = 0; fd < watchers_.size(); ++fd) {
    if (watchers_[fd] != nullptr)
      watchers_[fd]->poll_renewed();
  }
  return error;
}

// -- running -------------------------------------------------------------------------------------------------------

int Loop::run() {
  running_ = true;
  poll_error_ = 0;
  thread_ = std::this_thread::get_id();
  polled_ = queueing_ = interrupted_ = ending_ = false;
  recorder_.loop_start();
  uv_run(&uv_, UV_RUN_DEFAULT);
  callback_returned();
  recorder_.loop_stop();
  running_ = false;
  return poll_error_;
}

int Loop::run_once(bool may_wait) {
  once_ = true;
  may_wait_ = may_wait;
  const int error = run();
  once_ = false;
  may_wait_ = true;
  return error;
}

void Loop::end_run() {
  ending_ = true;
  uv_stop(&uv_);
}

void Loop::interrupt() {
  interrupted_ = true;
  if (running_)
    end_run();
}

void Loop::close() {
  if (closed_)
    return;
  closed_ = true;
  gate_ = nullptr;
  ready_.clear();
  timers_.clear();
  for (std::size_t fd = 0; fd < watchers_.size(); ++fd) forget_watcher(static_cast<int>(fd));
  for (auto* handle :
       {timers_.handle(), reinterpret_cast<uv_handle_t*>(&idle_), reinterpret_cast<uv_handle_t*>(&prepare_),
        reinterpret_cast<uv_handle_t*>(&check_), reinterpret_cast<uv_handle_t*>(&wakeup_)}) {
    uv_close(handle, nullptr);
  }
  alarm_.give_up();
  if (alarm_.handle() != nullptr)
    uv_close(alarm_.handle(), nullptr);
  if (!kernel_.intact() && kernel_.renew() != 0)
    return;  // libuv could not even end without a poll: what it has is lost
  uv_run(&uv_, UV_RUN_DEFAULT);
  uv_loop_close(&uv_);
}

void Loop::after_fork() {
  if (closed_)
    return;
  kernel_.leave();
  alarm_.give_up();
  take_up_new_poll();
}

// -- callbacks -----------------------------------------------------------------------------------------------------

std::uint64_t Loop::call_at(std::int64_t due_ns, Callback& callback) {
  if (closed_) {
    callback.drop();
    return 0;
  }
  const std::uint64_t id = timers_.push(due_ns, callback);
  if (recorder_.on())
    recorder_.timer_set(recorder_.callbacks() ? callback.describe(recorder_).name : tracer::kNoName, id,
                        timers_.traced(due_ns));
  return id;
}

void Loop::timer_cancelled(Callback& callback, std::uint64_t id) {
  if (!callback.in_heap())
    return;
  if (recorder_.on())
    recorder_.timer_cancelled(recorder_.callbacks() ? callback.describe(recorder_).name : tracer::kNoName, id);
  timers_.count_cancelled();
}

void Loop::wake() {
  wake_sent_.store(true, std::memory_order_relaxed);
  if (kernel_.intact())  // else libuv would abort, or write into somebody else's file
    uv_async_send(&wakeup_);
}

// -- file descriptors ----------------------------------------------------------------------------------------------

FdWatcher* Loop::watcher(int fd, int& error) {
  error = closed_ ? kClosed : 0;
  if (closed_)
    return nullptr;
  if (FdWatcher* known = find_watcher(fd))
    return known;
  FdWatcher* opened = FdWatcher::open(*this, fd, error);
  if (opened == nullptr)
    return nullptr;
  const auto index = static_cast<std::size_t>(fd);
  if (index >= watchers_.size())
    watchers_.resize(std::max(index + 1, 2 * watchers_.size()));
  return watchers_[index] = opened;
}

void Loop::forget_watcher(int fd) {
  FdWatcher* watcher = find_watcher(fd);
  if (watcher == nullptr)
    return;
  watchers_[static_cast<std::size_t>(fd)] = nullptr;
  std::erase(late_watchers_, watcher);
  std::erase(unwanted_watchers_, watcher);
  watcher->close();
}

void Loop::phase_order(Phase (&order)[7]) {
  constexpr unsigned kTimersLast = (1U << 16U) | (45U << 8U);
  constexpr Phase kRing[] = {Phase::pending, Phase::idle,  Phase::prepare,
                             Phase::poll,    Phase::check, Phase::closing};
  const bool timers_last = uv_version() >= kTimersLast;
  order[timers_last ? 6 : 0] = Phase::timers;
  std::copy(std::begin(kRing), std::end(kRing), order + (timers_last ? 0 : 1));
}

}  // namespace loopscope::loop

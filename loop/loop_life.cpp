#include <algorithm>
#include <system_error>

#include "loop/loop.h"

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

int Loop::run() {
  return run(RunUntil::stopped);
}

int Loop::run_once(bool may_wait) {
  return run(may_wait ? RunUntil::polled : RunUntil::polled_without_waiting);
}

int Loop::run(RunUntil until) {
  state_ = RunState::starting;
  until_ = until;
  queueing_ = false;
  poll_error_ = 0;
  thread_ = std::this_thread::get_id();
  recorder_.loop_start();
  uv_run(&uv_, UV_RUN_DEFAULT);
  callback_returned();
  recorder_.loop_stop();
  state_ = RunState::rest;
  until_ = RunUntil::stopped;
  return poll_error_;
}

/// An interrupted run stays interrupted.
void Loop::end_run() {
  state_ = std::max(state_, RunState::ending);
  uv_stop(&uv_);
}

void Loop::interrupt() {
  if (!running())
    return;
  state_ = RunState::interrupted;
  uv_stop(&uv_);
}

void Loop::close() {
  if (is_closed())
    return;
  state_ = RunState::closed;
  gate_ = nullptr;
  ready_.clear();
  timers_.clear();
  watchers_.forget_all();
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
  if (is_closed())
    return;
  kernel_.leave();
  alarm_.give_up();
  watchers_.take_up_new_poll(alarm_);
}

// -- scheduling from outside ------------------------------------------------------------------------------------------

std::uint64_t Loop::call_at(std::int64_t due_ns, Callback& callback) {
  if (is_closed()) {
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
  auto asleep = PollStage::asleep;
  poll_stage_.compare_exchange_strong(asleep, PollStage::woken, std::memory_order_relaxed);
  if (kernel_.intact())  // else libuv would abort, or write into somebody else's file
    uv_async_send(&wakeup_);
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

#include "loop/timers.h"

#include <algorithm>

#include "tracer/system/clock.h"

namespace loopscope::loop {

namespace {

/// As the trace has it: 0 would be unknown.
std::uint64_t known(std::int64_t due_ns) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(due_ns, 1));
}

}  // namespace

void Timers::open(uv_loop_t& loop, uv_timer_cb on_fired) {
  uv_timer_init(&loop, &uv_timer_);
  fired_ = on_fired;
}

std::int64_t Timers::now_ns() const {
  return on_programs_clock() ? clock_->now_ns() : static_cast<std::int64_t>(tracer::monotonic_ns());
}

std::int64_t Timers::now_before_poll() {
  if (on_programs_clock())
    return clock_->now_ns();
  const TimerHeap::Timer* next = heap_.first();
  std::int64_t now = now_ns();
  if (next == nullptr || next->due_ns <= now || next->due_ns - now > kShortestSleepNs)
    return now;
  while (now < next->due_ns) now = now_ns();
  return now;
}

std::uint64_t Timers::traced(std::int64_t due_ns) const {
  return on_programs_clock() ? 0 : known(due_ns);
}

void Timers::record_waiting(tracer::Recorder& recorder) const {
  heap_.for_each([&](const TimerHeap::Timer& timer) {
    if (!timer.callback->cancelled())
      recorder.timer_noticed(timer.callback->describe(recorder).name, timer.sequence, traced(timer.due_ns));
  });
}

/// libuv adds its clock's ms here, and takes them off again when it polls: whatever they are, `wait_ms` is what is left.
void Timers::start(std::uint64_t wait_ms) {
  const std::uint64_t until_ms = uv_now(uv_timer_.loop) + wait_ms;
  if (until_ms == armed_ms_)
    return;
  armed_ms_ = until_ms;
  uv_timer_start(&uv_timer_, fired_, wait_ms, 0);
}

void Timers::stop() {
  if (armed_ms_ == kNotArmed)
    return;
  armed_ms_ = kNotArmed;
  uv_timer_stop(&uv_timer_);
}

/// If the timeout is 0 for another reason, libuv needs no timer for it.
void Timers::arm(const PollTimeout& decided) {
  if (decided.reason == tracer::PollReason::until_timer || decided.reason == tracer::PollReason::timer_due)
    start(static_cast<std::uint64_t>(decided.timeout_ms));
  else if (decided.timeout_ms < 0)
    stop();
}

void Timers::poll_returned() {
  first_young_ = heap_.next_sequence();
  woke_ns_ = heap_.size() != 0 ? now_ns() : 0;
}

void Timers::fire_if_due() {
  const TimerHeap::Timer* next = heap_.first();
  if (next != nullptr && next->due_ns <= woke_ns_ && armed_ms_ > uv_now(uv_timer_.loop))
    start(0);
}

void Timers::collect_due(tracer::Recorder& recorder, std::uint64_t woke_ticks) {
  const bool due_is_known = !on_programs_clock();
  const std::uint64_t now = recorder.callbacks() ? recorder.ticks() : 0;
  for (const auto* next = heap_.first(); next != nullptr && next->due_ns <= woke_ns_; next = heap_.first()) {
    const TimerHeap::Timer timer = heap_.pop();
    if (timer.sequence >= first_young_) {
      too_young_.push_back(timer);
      continue;
    }
    const std::uint64_t due_ns = due_is_known ? known(timer.due_ns) : 0;
    if (due_is_known)
      timer.callback->set_ready_ns(due_ns);
    else
      timer.callback->set_ready_ticks(woke_ticks);
    if (recorder.on())
      recorder.timer_fired(recorder.callbacks() ? timer.callback->describe(recorder).name : tracer::kNoName,
                           timer.sequence, due_ns, now);
    due_.push(*timer.callback);
  }
  for (const TimerHeap::Timer& timer : too_young_) heap_.push_back(timer);
  too_young_.clear();
}

}  // namespace loopscope::loop

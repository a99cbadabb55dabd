#include "loop/timers.h"

#include <algorithm>

#include "loop/poll_timeout.h"
#include "tracer/clock.h"

namespace loopscope::loop {

void Timers::open(uv_loop_t& loop, uv_timer_cb fired) {
  uv_timer_init(&loop, &uv_timer_);
  fired_ = fired;
}

void Timers::start(std::uint64_t wait_ms) {
  uv_timer_start(&uv_timer_, fired_, wait_ms, 0);
}

void Timers::arm(const TimerHeap::Timer* next, bool may_sleep) {
  if (next == nullptr) {
    if (armed_ms_ != 0)
      uv_timer_stop(&uv_timer_);
    armed_ms_ = 0;
    return;
  }
  // The callbacks that ran since libuv last looked at the clock may have taken long: without this the poll would
  // sleep that much too long.
  if (may_sleep)
    uv_update_time(uv_timer_.loop);
  const std::uint64_t wanted_ms = std::max<std::uint64_t>(due_ms(next->due_ns), 1);
  if (wanted_ms == armed_ms_)
    return;
  armed_ms_ = wanted_ms;
  const std::uint64_t now_ms = uv_now(uv_timer_.loop);
  start(wanted_ms > now_ms ? wanted_ms - now_ms : 0);
}

void Timers::poll_returned() {
  first_young_ = heap_.next_sequence();
  woke_ns_ = heap_.size() != 0 ? static_cast<std::int64_t>(tracer::monotonic_ns()) : 0;
}

/// libuv's clock ticks in ms. A timer that is due within the current one need not wait for the next.
void Timers::fire_if_due() {
  const TimerHeap::Timer* next = heap_.first();
  const std::uint64_t now_ms = uv_now(uv_timer_.loop);
  if (next == nullptr || armed_ms_ <= now_ms || next->due_ns > woke_ns_ || next->sequence >= first_young_)
    return;
  armed_ms_ = now_ms;
  start(0);
}

void Timers::collect_due(tracer::Recorder& recorder) {
  for (const auto* next = heap_.first(); next != nullptr && next->due_ns <= woke_ns_; next = heap_.first()) {
    const TimerHeap::Timer timer = heap_.pop();
    if (timer.sequence >= first_young_) {
      too_young_.push_back(timer);
      continue;
    }
    const auto due_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(timer.due_ns, 0));
    timer.callback->set_ready_ns(due_ns);
    if (recorder.on())
      recorder.timer_fired(recorder.callbacks() ? timer.callback->describe(recorder).name : tracer::kNoName,
                           timer.sequence, due_ns);
    due_.push(*timer.callback);
  }
  for (const TimerHeap::Timer& timer : too_young_) heap_.push_back(timer);
  too_young_.clear();
}

}  // namespace loopscope::loop

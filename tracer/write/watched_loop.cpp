#include "tracer/write/watched_loop.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tracer/shared_words.h"
#include "tracer/system/clock.h"

namespace loopscope::tracer {
namespace {

constexpr int kMostTries = 8;
/// The distance of samples grows with the stall, up to this.
constexpr std::uint64_t kLongestSampleNs = 250'000'000;
constexpr std::uint64_t kSamplesPerDoubling = 8;
constexpr std::uint64_t kSamplesInThreshold = 5;

bool polls_in_kernel(const Present& present) {
  return present.phase == Phase::poll && present.poll_back_ticks < present.phase_since_ticks;
}

/// Nothing will be open before the loop turns.
bool may_sleep(const Present& present, std::uint64_t threshold_ns) {
  return threshold_ns == 0 || present.running == 0 || present.level == Level::off || polls_in_kernel(present);
}

}  // namespace

std::optional<OpenSpan> open_span(const Present& present) {
  if (present.running == 0 || present.level == Level::off || present.ended != 0)
    return std::nullopt;
  if (present.callback_depth != 0)
    return OpenSpan{StallKind::callback, present.phase,
                    present.callback_depth > 1 ? present.outer_since_ticks : present.callback_since_ticks};
  if (polls_in_kernel(present))
    return std::nullopt;
  if (present.phase == Phase::poll && present.poll_awake_ticks < present.poll_back_ticks)
    return OpenSpan{StallKind::gil_wait, present.phase, present.poll_back_ticks};
  if (present.level >= Level::callbacks)
    return std::nullopt;
  return OpenSpan{StallKind::phase, present.phase,
                  present.phase == Phase::poll ? present.poll_awake_ticks : present.phase_since_ticks};
}

WatchedLoop::WatchedLoop(WritableSession& session, StackSource& stacks)
    : session_(session),
      stacks_(stacks),
      track_(session),
      clock_(session.header().clock_source, session.header().anchor_first) {}

void WatchedLoop::run(bool recorded) {
  stacks_.attach(recorded);
  thread_.store(static_cast<std::uint64_t>(syscall(SYS_gettid)), std::memory_order_release);
}

/// As every reader does it. The loop may be in the middle of writing, and may have been stopped there.
std::optional<Present> WatchedLoop::present() const {
  const auto& shared = session_.present();
  Present copy;
  for (int tries = 0; tries < kMostTries; ++tries) {
    const auto before = load_word(shared.sequence, std::memory_order_acquire);
    load_words(shared, copy);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (before % 2 == 0 && load_word(shared.sequence) == before)
      return copy;
  }
  return std::nullopt;
}

std::uint64_t WatchedLoop::threshold_ns(const Present& present) const {
  const auto wanted = load_word(session_.control().stall_threshold_ns);
  const auto threshold = wanted != 0 ? wanted : present.stall_threshold_ns;
  return threshold == 0 ? 0 : std::max(threshold, kLeastStallThresholdNs);
}

void WatchedLoop::follow(FollowedThreads& threads) {
  const auto thread = thread_.load(std::memory_order_acquire);
  if (std::exchange(followed_, thread) != thread)
    times_ = {};
  files_ = threads.follow(thread);
}

ThreadTimes WatchedLoop::read_times(std::uint64_t now) {
  ThreadTimes times{.at_ticks = now};
  const auto sample = files_ != nullptr ? files_->cpu.read_counts() : std::nullopt;
  if (sample) {
    times.cpu_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(sample->ran_ns, 0));
    times.delay_ns = static_cast<std::uint64_t>(std::max<std::int64_t>(sample->waited_ns, 0));
  }
  return times;
}

WatchedLoop::Look WatchedLoop::look(FollowedThreads& threads) {
  const auto copy = present();
  const auto now = now_ticks(session_.header().clock_source);
  if (clock_.due(now))
    clock_.take();
  if (!copy || !clock_.rate_known())
    return {kLeastStallThresholdNs, false};
  const auto threshold = threshold_ns(*copy);
  const auto open = threshold != 0 ? open_span(*copy) : std::nullopt;
  const auto patience = threshold != 0 ? threshold : kDefaultStallThresholdNs;
  const bool sleeps = !open && may_sleep(*copy, threshold);
  const auto slept_since = std::exchange(slept_since_, sleeps ? copy->phase_since_ticks : 0);
  if (sleeps && slept_since == slept_since_)
    return {patience, true};
  follow(threads);
  previous_ = std::exchange(times_, read_times(now));
  note(open);
  end_stall_unless(open);
  return open ? look_at(*open, threshold) : Look{patience, false};
}

/// Keeps the times of the latest look at which what is open now was not open yet.
void WatchedLoop::note(const std::optional<OpenSpan>& open) {
  const auto since = open ? open->since_ticks : 0;
  if (std::exchange(open_since_, since) != since)
    before_ = previous_;
}

void WatchedLoop::end_stall_unless(const std::optional<OpenSpan>& open) {
  if (!stall_ || (open && open->since_ticks == stall_->span.since_ticks))
    return;
  track_.end(stall_->span, times_);
  stall_.reset();
}

WatchedLoop::Look WatchedLoop::look_at(const OpenSpan& open, std::uint64_t threshold_ns) {
  const auto now = times_.at_ticks;
  const auto open_ticks = now > open.since_ticks ? now - open.since_ticks : 0;
  const auto threshold_ticks = clock_.ticks_of(threshold_ns);
  if (open_ticks < threshold_ticks)
    return {std::max<std::uint64_t>(ns_of(threshold_ticks - open_ticks), 1), false};
  if (!stall_)
    begin_stall(open);
  if (now >= stall_->next_sample_ticks) {
    sample();
    const auto distance = std::clamp(ns_of(open_ticks) / kSamplesPerDoubling, threshold_ns / kSamplesInThreshold,
                                     std::max(kLongestSampleNs, threshold_ns / kSamplesInThreshold));
    stall_->next_sample_ticks = now + clock_.ticks_of(distance);
  }
  return {std::max<std::uint64_t>(ns_of(stall_->next_sample_ticks - now), 1), false};
}

void WatchedLoop::begin_stall(const OpenSpan& open) {
  stall_ = Stall{open, times_.at_ticks};
  track_.begin(open, before_, times_.at_ticks);
}

void WatchedLoop::sample() {
  const auto state = files_ != nullptr ? files_->cpu.read() : std::nullopt;
  thread_state_ = state ? std::optional(state->state) : std::nullopt;
  const bool waits = stall_->span.kind == StallKind::gil_wait;
  const auto stack = stacks_.copy(waits ? StackOf::lock_holder : StackOf::loop);
  const auto call = thread_state_ == ThreadState::asleep ? files_->calls.read() : std::nullopt;
  const auto what = doing(stack, call);
  const auto name = what == ThreadDoing::in_system_call && call ? system_call_name(call->number) : std::string();
  track_.sample(stall_->span, what, stack, name, times_);
  latest_.keep(stall_->span, what, name, stack);
}

/// Of the time since the look before; where there is none, of this instant.
ThreadDoing WatchedLoop::doing(const StackCopy& stack, const std::optional<SystemCall>& call) const {
  if (!thread_state_ || thread_state_ == ThreadState::stopped)
    return ThreadDoing::unknown;
  if (thread_state_ == ThreadState::runnable) {
    if (previous_.cpu_ns && times_.cpu_ns &&
        *times_.cpu_ns - *previous_.cpu_ns <= *times_.delay_ns - *previous_.delay_ns)
      return ThreadDoing::waiting_for_cpu;
    return stack.collecting && stack.loop_holds_lock ? ThreadDoing::collecting : ThreadDoing::on_cpu;
  }
  const bool wants_lock = call && is_futex(call->number) && stacks_.is_lock(call->first_argument);
  return wants_lock || stall_->span.kind == StallKind::gil_wait ? ThreadDoing::waiting_for_gil
                                                                : ThreadDoing::in_system_call;
}

}  // namespace loopscope::tracer

#include "tracer/write/watchdog.h"

#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <ctime>
#include <new>

namespace loopscope::tracer {
namespace {

constexpr std::uint64_t kForever = UINT64_MAX;
/// While loops turn it looks at least so often: another loop may run by then, or the threshold be lower.
constexpr std::uint64_t kLongestWaitNs = 100'000'000;
constexpr std::size_t kStackBytes = 256 * 1024;

void futex_wake(std::atomic<std::uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

/// A program that has run out of memory is not looked at until it has some again.
WatchedLoop::Look look_at(WatchedLoop& loop, FollowedThreads& threads) {
  try {
    return loop.look(threads);
  } catch (const std::bad_alloc&) {
    return {kDefaultStallThresholdNs, false};
  }
}

}  // namespace

void Watchdog::add(WatchedLoop& loop) {
  const std::lock_guard lock(mutex_);
  loops_.push_back(&loop);
}

void Watchdog::remove(WatchedLoop& loop) {
  const std::lock_guard lock(mutex_);
  std::erase(loops_, &loop);
}

void Watchdog::wake() {
  std::uint32_t asleep = kAsleep;
  if (!state_.compare_exchange_strong(asleep, kLooking))
    return;
  if (has_thread_)
    futex_wake(state_);
  else
    has_thread_ = start();
}

bool Watchdog::start() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  for (const int fault : {SIGBUS, SIGSEGV, SIGFPE, SIGILL}) sigdelset(&all, fault);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  const int error = pthread_create(
      &thread_, &attributes,
      [](void* self) -> void* {
        static_cast<Watchdog*>(self)->run();
        return nullptr;
      },
      this);
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (error == 0)
    pthread_setname_np(thread_, "loopscope");
  return error == 0;
}

void Watchdog::stop() {
  if (!has_thread_)
    return;
  state_.store(kStopping);
  futex_wake(state_);
  pthread_join(thread_, nullptr);
  has_thread_ = false;
  state_.store(kAsleep);
}

void Watchdog::forked() {
  // The thread may have held the mutex when it was left behind.
  new (&mutex_) std::mutex;
  loops_.clear();
  has_thread_ = false;
  state_.store(kAsleep);
}

void Watchdog::wait(std::uint32_t while_state, std::uint64_t at_most_ns) {
  timespec time{};
  time.tv_sec = static_cast<time_t>(at_most_ns / 1'000'000'000);
  time.tv_nsec = static_cast<long>(at_most_ns % 1'000'000'000);
  syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, while_state, at_most_ns == kForever ? nullptr : &time, nullptr,
          0);
}

/// True if nobody needs to look again before a loop turns.
bool Watchdog::look_at_all(FollowedThreads& threads, std::uint64_t& again_in_ns) {
  const std::lock_guard lock(mutex_);
  bool asleep = true;
  again_in_ns = loops_.empty() ? kDefaultStallThresholdNs : kLongestWaitNs;
  for (auto* loop : loops_) {
    const auto look = look_at(*loop, threads);
    asleep = look.asleep && asleep;
    again_in_ns = std::min(again_in_ns, look.again_in_ns);
  }
  threads.forget_others();
  return asleep;
}

/// While `offered`, a loop that turns wakes this thread. One that turned just then may not have seen the offer, so another look
/// follows before it is relied on.
void Watchdog::run() {
  FollowedThreads threads(FollowedThreads::unshare_descriptors());
  bool offered = false;
  for (;;) {
    std::uint64_t again_in_ns = 0;
    const bool asleep = look_at_all(threads, again_in_ns);
    auto state = state_.load();
    if (state == kStopping)
      return;
    const bool relies = offered && asleep && state == kAsleep;
    if (asleep != (state == kAsleep))
      state_.compare_exchange_strong(state, asleep ? kAsleep : kLooking);
    offered = asleep;
    wait(offered ? kAsleep : kLooking, relies ? kForever : again_in_ns);
  }
}

}  // namespace loopscope::tracer

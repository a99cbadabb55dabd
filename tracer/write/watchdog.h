#pragma once
/// The thread that looks at running loops from outside, and catches the one that does not turn.
///
///     no thread ──first loop runs──→ looking ──all loops sleep, twice in a row──→ asleep: a futex, for as long as they sleep
///                                       ↑                                              │
///                                       └── a loop comes back from a poll, or runs ────┘
///
/// One per process, for all its loops. The loop's thread pays a load for each poll in which it slept. If the watchdog sleeps,
/// too, it also pays a system call, which wakes it: that is once for each time that everything slept.
///
/// The thread holds no lock of the interpreter's, blocks all signals, and has its own table of descriptors, so the program does not
/// notice it. A fork's child
/// has no watchdog before it calls forked(); then it begins anew.
///
/// Thread: any, except forked() and stop(), for which the caller makes sure that nobody else calls (bindings hold the GIL).
/// Owner: of its thread; loops are removed before they go. It is never destroyed while its thread runs.
/// Errors: a process that may have no more threads has no watchdog, and running() says so. What finds no memory is not seen.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

#include <pthread.h>

#include "tracer/write/watched_loop.h"

namespace loopscope::tracer {

class Watchdog {
 public:
  Watchdog() = default;
  ~Watchdog() { stop(); }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void add(WatchedLoop& loop);
  /// Waits for a look at it to end: a few ms at most.
  void remove(WatchedLoop& loop);

  /// A loop turns after it slept.
  void loop_turns() {
    if (state_.load(std::memory_order_relaxed) == kAsleep) [[unlikely]]
      wake();
  }
  /// Ends the thread. The next loop that turns after it slept starts it again.
  void stop();
  /// In the child of a fork: the thread and the loops are the parent's.
  void forked();
  [[nodiscard]] bool running() const { return has_thread_; }

 private:
  static constexpr std::uint32_t kLooking = 0;
  static constexpr std::uint32_t kAsleep = 1;  ///< or there is no thread
  static constexpr std::uint32_t kStopping = 2;

  void wake();
  bool start();
  void run();
  bool look_at_all(FollowedThreads& threads, std::uint64_t& again_in_ns);
  void wait(std::uint32_t while_state, std::uint64_t at_most_ns);

  std::atomic<std::uint32_t> state_ = kAsleep;
  bool has_thread_ = false;
  pthread_t thread_{};
  std::mutex mutex_;  ///< of loops_, and held during a look
  std::vector<WatchedLoop*> loops_;
};

}  // namespace loopscope::tracer

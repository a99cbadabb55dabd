#pragma once
/// The loop's watchers by file descriptor, and what has to be done for them around a poll.
///
///     before a poll that may sleep   disarm_unwanted()      descriptors that woke the loop for nobody
///     before any poll                renew_if_wanted()      the kernel reports a file that nobody can disarm any more
///     after a poll that slept        catch_up()             what other threads began to watch meanwhile
///
/// Thread: the loop's; while the loop sleeps, any thread under the gate. Owner: of its watchers. Errors: negative libuv codes.

#include <cstdint>
#include <vector>

#include "loop/fd_watcher.h"

namespace loopscope::loop {

class Alarm;
class KernelPoll;
class Loop;

class WatcherTable {
 public:
  explicit WatcherTable(Loop& loop) : loop_(loop) {}

  /// The watcher of `fd`, made if need be. Null and a code in `error` if it cannot be made; Loop::kClosed on a closed loop.
  FdWatcher* open(int fd, int& error);
  /// Null if there is none.
  [[nodiscard]] FdWatcher* find(int fd) const {
    return static_cast<std::size_t>(fd) < by_fd_.size() ? by_fd_[static_cast<std::size_t>(fd)] : nullptr;
  }
  /// Ends the watcher of `fd`, if there is one. To be called before the descriptor is closed.
  void forget(int fd);
  void forget_all();

  /// `callback` is called whenever `fd` is ready, in place of who was called before. Takes over one reference, and gives it
  /// back if that fails.
  int start_reading(int fd, Callback& callback);
  int start_writing(int fd, Callback& callback);
  void stop_reading(int fd);
  void stop_writing(int fd);

  template <typename Visit>
  void for_each(Visit visit) const {
    for (FdWatcher* watcher : by_fd_) {
      if (watcher != nullptr)
        visit(*watcher);
    }
  }
  /// Every reader and writer.
  template <typename Visit>
  void for_each_callback(Visit visit) const {
    for_each([&](const FdWatcher& watcher) {
      for (Callback* callback : {watcher.reader(), watcher.writer()}) {
        if (callback != nullptr)
          visit(*callback);
      }
    });
  }

  /// How many descriptors the program waits for: a poll can bring nothing else but timers and wake-ups.
  [[nodiscard]] std::int64_t awaited() const { return awaited_; }

  void disarm_unwanted() {
    if (!unwanted_.empty()) [[unlikely]]
      disarm_all_unwanted();
  }
  void catch_up() {
    if (!late_.empty()) [[unlikely]]
      arm_late();
  }
  void renew_if_wanted(Alarm& alarm) {
    if (new_poll_wanted_) [[unlikely]]
      take_up_new_poll(alarm);
  }
  /// Makes new descriptors for the loop, and watches all files again that can still be watched.
  int take_up_new_poll(Alarm& alarm);

  // -- for watchers -----------------------------------------------------------------------------------------
  /// The program waits for one descriptor more (1) or less (-1).
  void count_awaited(int change) { awaited_ += change; }
  /// The loop sleeps, and another thread wants `watcher` armed. Wakes the loop, which then arms it.
  void arm_after_poll(FdWatcher& watcher);
  /// The kernel reported `watcher`, for which nobody waits. It is disarmed before the loop sleeps, which otherwise it could
  /// not.
  void had_event_for_nobody(FdWatcher& watcher) { unwanted_.push_back(&watcher); }
  /// The kernel goes on to report a file that nobody can disarm.
  void want_new_poll() { new_poll_wanted_ = true; }

 private:
  void disarm_all_unwanted();
  void arm_late();

  Loop& loop_;
  std::vector<FdWatcher*> by_fd_;
  std::vector<FdWatcher*> late_;      ///< to be armed when the poll is over
  std::vector<FdWatcher*> unwanted_;  ///< had an event for nobody
  std::int64_t awaited_ = 0;
  bool new_poll_wanted_ = false;
};

}  // namespace loopscope::loop

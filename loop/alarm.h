#pragma once
/// Ends the loop's poll at an instant in ns, where epoll's own timeout counts ms and comes some 50 us late.
///
/// It is a timerfd that the loop watches, made when it is first set. Setting it costs a system call, and so does its ring. So
/// it serves only timers that are due soon (kSoonNs), and a loop whose timers are further away has none. The poll keeps the
/// timeout that it would have without it. If the program is short of descriptors, or closes this one, timers are late by
/// part of a ms, and nothing else happens. A program that closes a descriptor twice may close this one, and may get its number
/// for the next file: then the number is the program's.
///
/// Thread: the loop's. Owner: of its descriptor and handle. Units: ns of CLOCK_MONOTONIC. Errors: none.

#include <uv.h>

#include <cstdint>

#include "loop/kernel_poll.h"

namespace loopscope::loop {

class Alarm {
 public:
  static constexpr std::int64_t kSoonNs = 10'000'000;

  explicit Alarm(KernelPoll& kernel) : kernel_(kernel) {}
  ~Alarm() { close_descriptor(); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  /// The poll that follows ends at `due_ns`, if nothing ends it before.
  void set(std::int64_t due_ns);
  /// libuv's handle, for closing it; null if there is none.
  [[nodiscard]] uv_handle_t* handle() {
    return poll_.data != nullptr ? reinterpret_cast<uv_handle_t*>(&poll_) : nullptr;
  }
  /// Around KernelPoll::renew().
  void before_new_poll();
  void poll_renewed();
  /// The program watches a file of its own with the number `fd`. True if that was the alarm's number: it is free now.
  bool make_way(int fd);
  /// Forgets the descriptor: in the child of a fork, where it is the parent's too, and before closing.
  void give_up();

 private:
  enum class State : std::uint8_t { unused, watched, given_up };

  bool open();
  void close_descriptor();
  static void on_ring(uv_poll_t* handle, int status, int events);

  KernelPoll& kernel_;
  uv_poll_t poll_{};
  int fd_ = -1;
  std::int64_t set_for_ns_ = 0;  ///< 0: it will not ring
  State state_ = State::unused;
};

}  // namespace loopscope::loop

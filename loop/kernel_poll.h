#pragma once
/// What the kernel watches for the loop: the one file that says epoll.
///
/// libuv tells the kernel about a new watcher when it next polls. By then the GIL is let go, another thread may have
/// closed the descriptor, and libuv aborts the process if the kernel refuses. So the kernel is told here, at once, and
/// its refusal is an error code:
///
///     watch()   uv_poll_start()   libuv enters the watcher in its table, and in its queue of what to tell the kernel
///               epoll_ctl()       the kernel is told, or refuses: then uv_poll_stop()
///               settle            the watcher leaves that queue; its events count as told
///
/// libuv has no public call for the last step. It is two fields of uv__io_t and one queue node, which uv.h declares and
/// which have been the same since libuv 1.0; settle() is the only function that touches them.
///
/// The loop's own descriptors are never 0, 1 or 2, because libuv refuses to close these. A program may close the loop's
/// descriptors (a daemon's os.closerange(3, ...)). intact() finds out, and renew() makes new ones.
///
/// Thread: the loop's; stop() and is_pollable() also under the GIL while the loop sleeps. Errors: negative libuv codes.

#include <uv.h>

namespace loopscope::loop {

class KernelPoll {
 public:
  /// Makes `loop`'s descriptors. 0, or why it could not.
  static int open(uv_loop_t& loop);

  explicit KernelPoll(uv_loop_t& loop) : loop_(loop) {}

  /// Prepares `poll` for `fd`. Asks the kernel nothing, and leaves the descriptor's flags alone.
  int init(uv_poll_t& poll, int fd);
  /// From now on the kernel reports `events` (UV_READABLE, UV_WRITABLE), level-triggered. If it refuses, nothing is
  /// watched.
  int watch(uv_poll_t& poll, int events, uv_poll_cb on_event);
  /// Nothing is watched from now on. Idempotent.
  static void stop(uv_poll_t& poll) { uv_poll_stop(&poll); }
  /// Ends what the kernel reports for `fd`. False if it knows of nothing: the file has gone, or lives on elsewhere.
  bool forget(int fd);
  /// Is `fd` still the file that the kernel watches under this number?
  [[nodiscard]] bool knows(int fd) const;
  /// 0 if the kernel would watch `fd`, else why not.
  int check_pollable(int fd);

  /// False if the loop's own descriptors were closed, or are other files by now. One system call.
  [[nodiscard]] bool intact() const;
  /// To be called in the child of a fork before anything is stopped. Otherwise libuv would stop it in the kernel, too, where
  /// it is the parent's. renew() has to follow.
  void leave();
  /// Makes new descriptors. The caller stops everything before, and watches it again afterwards.
  int renew();

 private:
  uv_loop_t& loop_;
};

}  // namespace loopscope::loop

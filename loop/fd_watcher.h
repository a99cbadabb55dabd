#pragma once
/// What the loop waits for on one file descriptor: a reader, a writer, or both.
///
/// One uv_poll_t a descriptor, level-triggered. The watcher runs its callbacks through Loop::io_ready(), which
/// decides whether they run at once or behind what is queued already.
/// Thread: the loop's. Owner: the Loop's table; of one reference to each callback. Errors: negative libuv codes.

#include <uv.h>

#include "loop/callback.h"

namespace loopscope::loop {

class Loop;

class FdWatcher {
 public:
  /// Null and a negative code in `error` if the kernel cannot poll `fd` (a regular file, a closed one).
  static FdWatcher* open(Loop& loop, int fd, int& error);

  /// Replaces the reader (writer); null removes it. Takes over one reference, gives back the old one's.
  int set_reader(Callback* callback);
  int set_writer(Callback* callback);
  [[nodiscard]] Callback* reader() const { return reader_; }
  [[nodiscard]] Callback* writer() const { return writer_; }
  [[nodiscard]] int fd() const { return fd_; }

  /// Records it as an open handle, until neither side is watched any more.
  void note_opened(tracer::HandleKind kind, tracer::NameId name);

  /// Stops a watcher whose descriptor was closed behind the loop's back: libuv would abort the process when
  /// epoll refuses it.
  void stop_if_stale();
  /// Ends it; the object frees itself in the closing phase.
  void close();

 private:
  FdWatcher(Loop& loop, int fd) : loop_(loop), fd_(fd) {}
  ~FdWatcher() = default;

  int apply();
  void note_closed();
  static void on_event(uv_poll_t* handle, int status, int events);
  static void on_closed(uv_handle_t* handle);

  Loop& loop_;
  int fd_;
  int watched_ = 0;  ///< the uv_poll_event bits that libuv knows of
  tracer::HandleKind kind_ = tracer::HandleKind::watcher;
  std::uint64_t handle_id_ = 0;  ///< in the trace; 0 if it is not recorded as a handle of its own
  Callback* reader_ = nullptr;
  Callback* writer_ = nullptr;
  uv_poll_t poll_{};
};

}  // namespace loopscope::loop

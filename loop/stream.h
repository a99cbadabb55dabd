#pragma once
/// A connected stream socket on the loop: tries every call first, queues what the kernel does not take.
///
/// When write_now() returns, the kernel has the bytes. They stay in order with those of anybody else who uses the socket or a
/// copy of its descriptor. If WriteCoalescing expects another write of the same callback, a TCP socket gets the bytes
/// with MSG_MORE: the kernel holds them until the next bytes come, the callback returns, or 200 ms have passed.
///
/// The caller owns the descriptor and closes it after detach(). The caller also knows what the bytes mean and what to do about
/// an error. Thread: the loop's. Errors: negative errno. Units: bytes.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "loop/after_callback.h"
#include "loop/loop.h"
#include "loop/write_coalescing.h"
#include "loop/write_queue.h"

namespace loopscope::loop {

class Stream final : private AfterCallback {
 public:
  Stream(Loop& loop, int fd, WriteQueue::Release release) : loop_(loop), fd_(fd), queue_(release) {}
  ~Stream() { let_go(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// From now on recorded as an open handle.
  void opened(tracer::HandleKind kind, tracer::NameId name);

  /// `on_readable` is called whenever there is something to read; takes over one reference.
  int start_reading(Callback& on_readable) { return loop_.watchers().start_reading(fd_, on_readable); }
  void stop_reading() { loop_.watchers().stop_reading(fd_); }
  /// Bytes read, 0 at end of file, or a negative errno (-EAGAIN: nothing there).
  ssize_t read(char* data, std::size_t size);

  /// Sends what the kernel takes at once: bytes sent, or a negative errno. Only while nothing is queued.
  ssize_t write_now(const char* data, std::size_t size);
  /// Queues bytes; see WriteQueue::push().
  void queue(const char* data, std::size_t size, void* owner) { queue_.push(data, size, owner); }
  /// `on_writable` is called when flush() may get further; takes over one reference.
  int start_writing(Callback& on_writable) { return loop_.watchers().start_writing(fd_, on_writable); }
  void stop_writing() { loop_.watchers().stop_writing(fd_); }
  /// Sends from the queue what the kernel takes: 0, or a negative errno.
  int flush();
  void clear_queue() { queue_.clear(); }
  [[nodiscard]] std::size_t queued_bytes() const { return queue_.size_bytes(); }

  /// The loop forgets the descriptor, and the kernel holds nothing of what was written. Idempotent.
  void detach();
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] Loop& loop() const { return loop_; }
  [[nodiscard]] std::uint64_t handle_id() const { return handle_id_; }

 private:
  /// What the kernel can hold for the next write.
  enum class Holding : std::uint8_t { unknown, possible, impossible };

  ssize_t sent(ssize_t result);
  bool is_held(std::size_t size);
  bool may_hold();
  void push() const;
  void let_go();
  void callback_returned() override;

  Loop& loop_;
  int fd_;
  WriteQueue queue_;
  WriteCoalescing coalescing_;
  Holding holding_ = Holding::unknown;
  tracer::HandleKind kind_ = tracer::HandleKind::unknown;
  std::uint64_t handle_id_ = 0;
};

}  // namespace loopscope::loop

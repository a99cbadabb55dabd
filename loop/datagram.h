#pragma once
/// A datagram socket on the loop: each call is one system call that does not wait. Nothing is queued here.
///
/// When a datagram was received, the next one may be there already. A poll would only say so, and the socket itself can be asked
/// instead: receive() what the poll brought, then receive on Unpolled while that expects more.
///
/// The caller owns the descriptor and closes it after detach(). The caller also knows what bytes and addresses mean, keeps what the
/// kernel does not take, and knows what to do about an error.
/// Thread: the loop's. Errors: negative errno. Units: bytes.

#include <sys/socket.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "loop/eagerness.h"
#include "loop/loop.h"

namespace loopscope::loop {

class Datagram {
 public:
  Datagram(Loop& loop, int fd) : loop_(loop), fd_(fd) {}
  Datagram(const Datagram&) = delete;
  Datagram& operator=(const Datagram&) = delete;

  /// From now on recorded as an open handle.
  void opened(tracer::NameId name);

  /// `on_readable` is called whenever there is something to receive; takes over one reference.
  int start_receiving(Callback& on_readable) { return loop_.watchers().start_reading(fd_, on_readable); }
  void stop_receiving() { loop_.watchers().stop_reading(fd_); }

  /// Where a datagram comes to lie. What it has no room for is lost.
  struct Target {
    char* data;
    std::size_t size;
    sockaddr_storage& from;
    socklen_t& from_size;  ///< 0: its sender has no address
  };
  /// In `on_readable`: bytes received, and a datagram may be empty; or a negative errno. -EAGAIN: there is nothing, and the
  /// loop is told that the poll was wrong.
  ssize_t receive(const Target& to);

  /// What one call of `on_readable` receives after that, without a poll.
  class Unpolled {
   public:
    explicit Unpolled(Datagram& socket)
        : socket_(socket),
          left_(socket.eagerness_.tries() ? kMost : 0),
          until_ns_(left_ > 0 ? Loop::without_poll_until_ns() : 0) {}
    /// True if the next poll could only say that there is another datagram.
    [[nodiscard]] bool expects_more();
    /// As receive(), after expects_more(). A closed descriptor has nothing, as in a poll. If there is something, `on_readable`
    /// counts as ready from now on.
    ssize_t receive(const Target& to, Callback& on_readable);

   private:
    static constexpr int kMost = 32;

    Datagram& socket_;
    int left_;
    std::int64_t until_ns_;
  };

  /// Bytes sent, or a negative errno. Without an address they go to the peer that the socket is connected to.
  ssize_t send(const char* data, std::size_t size, const sockaddr* to, socklen_t to_size);
  /// A datagram was sent on this socket by other means.
  void count_sent(std::size_t size) { loop_.recorder().bytes_written(handle_id_, size); }
  /// `on_writable` is called when send() may get further; takes over one reference.
  int start_sending(Callback& on_writable) { return loop_.watchers().start_writing(fd_, on_writable); }
  void stop_sending() { loop_.watchers().stop_writing(fd_); }

  /// The loop forgets the descriptor. Idempotent.
  void detach();
  [[nodiscard]] std::uint64_t handle_id() const { return handle_id_; }

 private:
  [[nodiscard]] ssize_t try_to_receive(const Target& to) const;
  ssize_t received(ssize_t result);

  Loop& loop_;
  int fd_;
  Eagerness eagerness_;
  std::uint64_t handle_id_ = 0;
};

}  // namespace loopscope::loop

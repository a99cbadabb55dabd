#include "loop/stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace loopscope::loop {

namespace {

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}

std::int64_t now_ns() {
  return static_cast<std::int64_t>(tracer::monotonic_ns());
}

}  // namespace

void Stream::opened(tracer::HandleKind kind, tracer::NameId name) {
  kind_ = kind;
  if (kind == tracer::HandleKind::unix_stream)
    holding_ = Holding::impossible;
  handle_id_ = loop_.recorder().handle_opened(kind, name, fd_);
}

ssize_t Stream::read(char* data, std::size_t size) {
  const ssize_t count = ::recv(fd_, data, size, 0);
  if (count < 0)
    return -errno;
  loop_.recorder().bytes_read(handle_id_, static_cast<std::uint64_t>(count));
  return count;
}

ssize_t Stream::sent(ssize_t result) {
  if (result < 0)
    return -errno;
  loop_.recorder().bytes_written(handle_id_, static_cast<std::uint64_t>(result));
  return result;
}

ssize_t Stream::write_now(const char* data, std::size_t size) {
  const bool held = is_held(size);
  const ssize_t count = sent(::send(fd_, data, size, held ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL));
  if (!held && count > 0 && coalescing_.holding())
    coalescing_.released(now_ns());
  return count;
}

/// Counts a write; the first one of a callback asks to be told of its end.
bool Stream::is_held(std::size_t size) {
  if (holding_ == Holding::impossible || !loop_.in_callback())
    return false;
  if (!coalescing_.wrote())
    loop_.tell_after_callback(*this);
  const bool held = coalescing_.expects_more() && may_hold() && coalescing_.hold(size, now_ns());
  coalescing_.count();
  return held;
}

/// Only TCP holds. It would drop what it holds if the process were killed while bytes of the peer lie unread: so
/// nothing is held while nobody reads.
bool Stream::may_hold() {
  if (holding_ == Holding::unknown)
    holding_ = option(fd_, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP ? Holding::possible : Holding::impossible;
  if (holding_ == Holding::impossible)
    return false;
  const FdWatcher* watcher = loop_.watchers().find(fd_);
  return watcher != nullptr && watcher->reader() != nullptr;
}

/// Taking off a cork that was never put on sends what is held, and changes nothing else: TCP_NODELAY, which would do so
/// too, may be off by the program's wish. If the program put the cork on, it holds what the program wrote anyway.
void Stream::push() const {
  if (option(fd_, IPPROTO_TCP, TCP_CORK) != 0)
    return;
  const int off = 0;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
}

void Stream::callback_returned() {
  if (coalescing_.holding()) {
    push();
    coalescing_.released(now_ns());
  }
  coalescing_.callback_returned();
}

/// Whoever wrote in the callback that runs is the one whom the loop would tell of its end.
void Stream::let_go() {
  if (coalescing_.wrote())
    loop_.callback_returned();
}

int Stream::flush() {
  constexpr std::size_t kVectors = 64;
  iovec vectors[kVectors];
  msghdr message{};
  message.msg_iov = vectors;
  message.msg_iovlen = queue_.gather(vectors, kVectors);
  const ssize_t count = sent(::sendmsg(fd_, &message, MSG_NOSIGNAL));
  if (count < 0)
    return static_cast<int>(count);
  queue_.consume(static_cast<std::size_t>(count));
  return 0;
}

void Stream::detach() {
  let_go();
  loop_.watchers().forget(fd_);
  if (const auto id = std::exchange(handle_id_, 0))
    loop_.recorder().handle_closed(kind_, id);
}

}  // namespace loopscope::loop

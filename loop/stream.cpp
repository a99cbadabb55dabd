#include "loop/stream.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace loopscope::loop {

void Stream::opened(tracer::HandleKind kind, tracer::NameId name) {
  kind_ = kind;
  handle_id_ = loop_.recorder().handle_opened(kind, name, fd_);
}

int Stream::start_reading(Callback& on_readable) {
  int error = 0;
  if (FdWatcher* watcher = loop_.watcher(fd_, error))
    return watcher->set_reader(&on_readable);
  on_readable.drop();
  return error;
}

void Stream::stop_reading() {
  if (FdWatcher* watcher = loop_.find_watcher(fd_))
    watcher->set_reader(nullptr);
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
  return sent(::send(fd_, data, size, MSG_NOSIGNAL));
}

int Stream::start_writing(Callback& on_writable) {
  int error = 0;
  if (FdWatcher* watcher = loop_.watcher(fd_, error))
    return watcher->set_writer(&on_writable);
  on_writable.drop();
  return error;
}

void Stream::stop_writing() {
  if (FdWatcher* watcher = loop_.find_watcher(fd_))
    watcher->set_writer(nullptr);
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
  loop_.forget_watcher(fd_);
  if (const auto id = std::exchange(handle_id_, 0))
    loop_.recorder().handle_closed(kind_, id);
}

}  // namespace loopscope::loop

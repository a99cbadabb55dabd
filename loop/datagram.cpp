#include "loop/datagram.h"

#include <cerrno>
#include <utility>

#include "loop/uninterrupted.h"

namespace loopscope::loop {

void Datagram::opened(tracer::NameId name) {
  handle_id_ = loop_.recorder().handle_opened(tracer::HandleKind::udp, name, fd_);
}

ssize_t Datagram::try_to_receive(const Target& to) const {
  const ssize_t count = uninterrupted([&] {
    to.from_size = sizeof to.from;
    return ::recvfrom(fd_, to.data, to.size, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&to.from), &to.from_size);
  });
  return count < 0 ? -errno : count;
}

ssize_t Datagram::received(ssize_t result) {
  if (result >= 0)
    loop_.recorder().bytes_read(handle_id_, static_cast<std::uint64_t>(result));
  return result;
}

ssize_t Datagram::receive(const Target& to) {
  const ssize_t result = try_to_receive(to);
  FdWatcher* watcher = result == -EAGAIN ? loop_.watchers().find(fd_) : nullptr;
  if (watcher != nullptr)
    watcher->false_alarm();
  return received(result);
}

bool Datagram::Unpolled::expects_more() {
  if (left_ == 0)
    return false;
  Loop& loop = socket_.loop_;
  loop.callback_returned();
  const FdWatcher* watcher = loop.watchers().find(socket_.fd_);
  return watcher != nullptr && loop.next_poll_is_only_for(*watcher, until_ns_);
}

ssize_t Datagram::Unpolled::receive(const Target& to, Callback& on_readable) {
  ssize_t result = socket_.try_to_receive(to);
  if (result == -EBADF)
    result = -EAGAIN;
  if (left_-- == kMost)
    socket_.eagerness_.tried(result == -EAGAIN);
  tracer::Recorder& recorder = socket_.loop_.recorder();
  if (result != -EAGAIN)
    on_readable.set_ready_ticks(recorder.callbacks() ? recorder.ticks() : 0);
  return socket_.received(result);
}

ssize_t Datagram::send(const char* data, std::size_t size, const sockaddr* to, socklen_t to_size) {
  const ssize_t count =
      uninterrupted([&] { return ::sendto(fd_, data, size, MSG_DONTWAIT | MSG_NOSIGNAL, to, to_size); });
  if (count < 0)
    return -errno;
  count_sent(static_cast<std::size_t>(count));
  return count;
}

void Datagram::detach() {
  loop_.watchers().forget(fd_);
  loop_.recorder().handle_closed(tracer::HandleKind::udp, std::exchange(handle_id_, 0));
}

}  // namespace loopscope::loop

#include "loop/kernel_poll.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <type_traits>

#include "loop/standard_descriptors.h"

namespace loopscope::loop {

namespace {

/// In the kernel's bits, as libuv keeps them.
std::uint32_t epoll_bits(int events) {
  return ((events & UV_READABLE) != 0 ? EPOLLIN : 0U) | ((events & UV_WRITABLE) != 0 ? EPOLLOUT : 0U);
}

int tell(const uv_loop_t& loop, int operation, int fd, int events) {
  epoll_event event{};
  event.events = epoll_bits(events);
  event.data.fd = fd;
  return epoll_ctl(uv_backend_fd(&loop), operation, fd, &event) == 0 ? 0 : -errno;
}

/// The node leaves its queue. Up to libuv 1.46 a node is an array (next, previous), later a struct.
template <typename Node>
void unlink(Node& node) {
  if constexpr (std::is_array_v<Node>) {
    auto** next = static_cast<void**>(node[0]);
    auto** previous = static_cast<void**>(node[1]);
    previous[0] = next;
    next[1] = previous;
    node[0] = node[1] = &node;
  } else {
    node.prev->next = node.next;
    node.next->prev = node.prev;
    node.next = node.prev = &node;
  }
}

/// libuv has nothing to tell the kernel about `io` any more.
void settle(uv__io_t& io, int events) {
  unlink(io.watcher_queue);
  io.pevents = io.events = epoll_bits(events);
}

/// What wakes the poll: libuv makes it with the loop.
int watch_wakeups(uv_loop_t& loop) {
  uv__io_t& io = loop.async_io_watcher;
  const int error = tell(loop, EPOLL_CTL_ADD, io.fd, UV_READABLE);
  if (error == 0)
    settle(io, UV_READABLE);
  return error;
}

/// A descriptor of libuv's own that it does not watch: the writing end of the pipe for its signals.
int spare(const uv_loop_t& loop) {
  return loop.signal_pipefd[1];
}

/// libuv's first loop makes a pipe that all loops of the process share, after an epoll of its own and, from libuv 1.45 on,
/// an io_uring if the kernel has them. It aborts the process if there is no descriptor left for the pipe.
int look_for_room_for_first_pipe() {
  int ends[2] = {-1, -1};
  const int own = epoll_create1(EPOLL_CLOEXEC);
  const int ring = own < 0 ? -1 : fcntl(own, F_DUPFD_CLOEXEC, 0);
  const int error = ring < 0 || pipe2(ends, O_CLOEXEC) != 0 ? -errno : 0;
  for (const int descriptor : {own, ring, ends[0], ends[1]}) {
    if (descriptor >= 0)
      ::close(descriptor);
  }
  return error;
}

/// libuv aborts the process if it finds no memory for its table of watchers. What is given back here is there for it.
bool has_memory_for_loop() {
  constexpr std::size_t kBytes = 16 * 1024;
  auto* const spare = static_cast<volatile char*>(std::malloc(kBytes));
  if (spare == nullptr)
    return false;
  *spare = 0;  // so that the compiler does not leave both calls out
  std::free(const_cast<char*>(spare));
  return true;
}

}  // namespace

int KernelPoll::open(uv_loop_t& loop) {
  static std::atomic<bool> first_pipe_made{false};
  if (!has_memory_for_loop())
    return UV_ENOMEM;
  const StandardDescriptors taken;
  if (!first_pipe_made.load(std::memory_order_relaxed)) {
    if (const int error = look_for_room_for_first_pipe())
      return error;
  }
  if (const int error = uv_loop_init(&loop)) {
    // libuv 1.44 leaks the epoll if it runs out of descriptors after it; newer ones close it and say -1.
    if (uv_backend_fd(&loop) > 0)
      ::close(uv_backend_fd(&loop));
    return error;
  }
  first_pipe_made.store(true, std::memory_order_relaxed);
  return watch_wakeups(loop);
}

/// uv_poll_init() tries a descriptor out on the kernel, and aborts if another thread closes it meanwhile. It also makes
/// it non-blocking, for everybody who shares it. So it gets one that nobody else has.
int KernelPoll::init(uv_poll_t& poll, int fd) {
  const int error = uv_poll_init(&loop_, &poll, spare(loop_));
  poll.io_watcher.fd = fd;
  return error;
}

int KernelPoll::watch(uv_poll_t& poll, int events, uv_poll_cb on_event) {
  const int fd = poll.io_watcher.fd;
  int error =
      uv_is_active(reinterpret_cast<uv_handle_t*>(&poll)) != 0 ? tell(loop_, EPOLL_CTL_MOD, fd, events) : -ENOENT;
  if (error == -ENOENT) {  // not known yet, or the number is another file's now
    error = uv_poll_start(&poll, events, on_event);
    if (error != 0)
      return error;  // another watcher has this number; nothing was changed
    error = tell(loop_, EPOLL_CTL_ADD, fd, events);
  }
  if (error == 0)
    settle(poll.io_watcher, events);
  else
    uv_poll_stop(&poll);
  return error;
}

bool KernelPoll::forget(int fd) {
  return tell(loop_, EPOLL_CTL_DEL, fd, 0) == 0;
}

int KernelPoll::check_pollable(int fd) {
  const int error = tell(loop_, EPOLL_CTL_ADD, fd, 0);
  if (error == 0)
    forget(fd);
  return error == -EEXIST ? 0 : error;
}

/// The kernel answers EEXIST only if both are the files that were registered with each other.
bool KernelPoll::knows(int fd) const {
  const int error = tell(loop_, EPOLL_CTL_ADD, fd, 0);
  if (error == 0)
    tell(loop_, EPOLL_CTL_DEL, fd, 0);
  return error == -EEXIST;
}

bool KernelPoll::intact() const {
  return knows(loop_.async_io_watcher.fd);
}

/// The number stays taken, by a file that knows nothing of events.
void KernelPoll::leave() {
  if (intact())
    dup3(spare(loop_), uv_backend_fd(&loop_), O_CLOEXEC);
}

int KernelPoll::renew() {
  const StandardDescriptors taken;
  const int error = uv_loop_fork(&loop_);
  return error == 0 ? watch_wakeups(loop_) : error;
}

}  // namespace loopscope::loop

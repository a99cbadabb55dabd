#include "loop/fd_watcher.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "loop/loop.h"

namespace loopscope::loop {

FdWatcher* FdWatcher::open(Loop& loop, int fd, int& error) {
  auto* watcher = new FdWatcher(loop, fd);
  // uv_poll_init() makes the descriptor non-blocking, for everybody who shares it: a terminal, say.
  const int flags = fcntl(fd, F_GETFL);
  error = uv_poll_init(loop.uv(), &watcher->poll_, fd);
  if (error == 0 && flags >= 0 && (flags & O_NONBLOCK) == 0)
    fcntl(fd, F_SETFL, flags);
  if (error != 0) {
    delete watcher;
    return nullptr;
  }
  watcher->poll_.data = watcher;
  return watcher;
}

int FdWatcher::set_reader(Callback* callback, Arming arming) {
  Callback* old = std::exchange(reader_, callback);
  reader_since_ = loop_.polls();
  count();
  const int error = apply(arming);
  if (old != nullptr)
    old->drop();
  return error;
}

int FdWatcher::set_writer(Callback* callback, Arming arming) {
  Callback* old = std::exchange(writer_, callback);
  writer_since_ = loop_.polls();
  count();
  const int error = apply(arming);
  if (old != nullptr)
    old->drop();
  return error;
}

void FdWatcher::set_passive(bool passive) {
  passive_ = passive;
  count();
}

void FdWatcher::count() {
  const bool awaited = !passive_ && (reader_ != nullptr || writer_ != nullptr);
  if (awaited != awaited_)
    loop_.count_awaited(awaited ? 1 : -1);
  awaited_ = awaited;
}

/// Writing is never kept armed: a socket is writable nearly always, and would wake the loop at once.
int FdWatcher::apply(Arming arming) {
  const int events = wanted() | (arming == Arming::kept ? armed_ & UV_READABLE : 0);
  if (events == armed_ && (arming == Arming::kept || !kept_)) {
    kept_ = events != wanted();
    return 0;
  }
  if (kept_ && arming == Arming::exact) {
    note_closed();
    suspect_ = true;
    false_alarms_ = 0;
  }
  return arm(events);
}

int FdWatcher::arm(int events) {
  armed_ = events;
  kept_ = events != wanted();
  orphan_ = false;
  if (events == 0) {
    note_closed();
    return uv_poll_stop(&poll_);
  }
  loop_.check_before_poll(*this);
  return uv_poll_start(&poll_, events, on_event);
}

bool FdWatcher::disarm_unwanted() {
  unwanted_ = false;
  if (armed_ == wanted())
    return true;
  // libuv does not say whether this worked. It does not if the descriptor was closed; that is no matter, unless a
  // duplicate of it lives, in another process, say: then the kernel reports it again.
  if (epoll_ctl(uv_backend_fd(loop_.uv()), EPOLL_CTL_DEL, fd_, nullptr) != 0)
    return !std::exchange(orphan_, true);
  arm(wanted());
  return true;
}

void FdWatcher::false_alarm() {
  constexpr int kMostFalseAlarms = 16;
  if (!suspect_ || ++false_alarms_ < kMostFalseAlarms)
    return;
  suspect_ = false;
  false_alarms_ = 0;
  loop_.renew_poll();
}

void FdWatcher::poll_renewed() {
  suspect_ = orphan_ = false;
  if (armed_ != wanted())
    arm(wanted());
  else if (armed_ != 0)
    loop_.check_before_poll(*this);
}

/// libuv has not told the kernel.
void FdWatcher::stopped_by_libuv() {
  armed_ = 0;
  kept_ = false;
  if (epoll_ctl(uv_backend_fd(loop_.uv()), EPOLL_CTL_DEL, fd_, nullptr) != 0)
    loop_.renew_poll();
}

void FdWatcher::arm_after_error() {
  if (wanted() != 0)
    arm(wanted());
  else
    note_closed();
}

int FdWatcher::check_pollable() {
  epoll_event nothing{};
  const int poll = uv_backend_fd(loop_.uv());
  if (epoll_ctl(poll, EPOLL_CTL_ADD, fd_, &nothing) == 0) {
    epoll_ctl(poll, EPOLL_CTL_DEL, fd_, nullptr);
    return 0;
  }
  return errno == EEXIST ? 0 : -errno;
}

void FdWatcher::note_opened(tracer::HandleKind kind, tracer::NameId name) {
  if (handle_id_ != 0)
    return;
  kind_ = kind;
  handle_id_ = loop_.recorder().handle_opened(kind, name, fd_);
}

void FdWatcher::note_closed() {
  if (const auto id = std::exchange(handle_id_, 0))
    loop_.recorder().handle_closed(kind_, id);
}

void FdWatcher::stop_if_stale() {
  struct stat status {};
  const bool pollable = fstat(fd_, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
  if (!pollable && armed_ != 0) {
    armed_ = 0;
    uv_poll_stop(&poll_);
  }
}

void FdWatcher::close() {
  if (Callback* old = std::exchange(reader_, nullptr))
    old->drop();
  if (Callback* old = std::exchange(writer_, nullptr))
    old->drop();
  count();
  armed_ = 0;
  note_closed();
  loop_.handle_closing();
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), on_closed);
}

void FdWatcher::on_closed(uv_handle_t* handle) {
  auto* self = static_cast<FdWatcher*>(handle->data);
  Loop& loop = self->loop_;
  loop.closing_callback_begin();
  delete self;
  loop.closing_callback_end();
}

void FdWatcher::on_event(uv_poll_t* handle, int status, int events) {
  auto& self = *static_cast<FdWatcher*>(handle->data);
  Loop& loop = self.loop_;
  loop.poll_returned();
  loop.count_io_event();
  if (status < 0) {
    // The descriptor has an error to report and libuv stopped watching it. Reading or writing fetches the error;
    // asyncio's selectors call both sides in this case.
    events = self.armed_;
    self.stopped_by_libuv();
  } else if ((events & ~self.wanted()) != 0 && !std::exchange(self.unwanted_, true)) {
    loop.event_for_nobody(self);
  }
  const int fd = self.fd_;
  if ((events & UV_READABLE) != 0 && self.reader_ != nullptr && self.reader_since_ != loop.polls())
    loop.io_ready(*self.reader_);
  if (FdWatcher* still = loop.find_watcher(fd); still != &self)
    return;
  if ((events & UV_WRITABLE) != 0 && self.writer_ != nullptr && self.writer_since_ != loop.polls())
    loop.io_ready(*self.writer_);
  if (status < 0 && loop.find_watcher(fd) == &self)
    self.arm_after_error();
}

}  // namespace loopscope::loop

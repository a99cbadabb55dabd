#include "loop/fd_watcher.h"

#include <fcntl.h>
#include <sys/stat.h>

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

int FdWatcher::set_reader(Callback* callback) {
  Callback* old = std::exchange(reader_, callback);
  const int error = apply();
  if (old != nullptr)
    old->drop();
  return error;
}

int FdWatcher::set_writer(Callback* callback) {
  Callback* old = std::exchange(writer_, callback);
  const int error = apply();
  if (old != nullptr)
    old->drop();
  return error;
}

int FdWatcher::apply() {
  const int wanted = (reader_ != nullptr ? UV_READABLE : 0) | (writer_ != nullptr ? UV_WRITABLE : 0);
  if (wanted == watched_)
    return 0;
  watched_ = wanted;
  if (wanted == 0) {
    note_closed();
    return uv_poll_stop(&poll_);
  }
  loop_.check_before_poll(*this);
  return uv_poll_start(&poll_, wanted, on_event);
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
  if (!pollable && watched_ != 0) {
    watched_ = 0;
    uv_poll_stop(&poll_);
  }
}

void FdWatcher::close() {
  if (Callback* old = std::exchange(reader_, nullptr))
    old->drop();
  if (Callback* old = std::exchange(writer_, nullptr))
    old->drop();
  watched_ = 0;
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
    events = self.watched_;
    self.watched_ = 0;
  }
  const int fd = self.fd_;
  if ((events & UV_READABLE) != 0 && self.reader_ != nullptr)
    loop.io_ready(*self.reader_);
  if (FdWatcher* still = loop.find_watcher(fd); still != &self)
    return;
  if ((events & UV_WRITABLE) != 0 && self.writer_ != nullptr)
    loop.io_ready(*self.writer_);
  if (status < 0 && loop.find_watcher(fd) == &self)
    self.apply();
}

}  // namespace loopscope::loop

#include "loop/fd_watcher.h"

#include <span>
#include <utility>

#include "loop/loop.h"

namespace loopscope::loop {

namespace {

void drop_all(std::span<Callback* const> callbacks) {
  for (Callback* callback : callbacks) {
    if (callback != nullptr)
      callback->drop();
  }
}

/// As the trace has it.
std::uint8_t interest_of(int events) {
  return static_cast<std::uint8_t>(((events & UV_READABLE) != 0 ? tracer::kWatchesRead : 0) |
                                   ((events & UV_WRITABLE) != 0 ? tracer::kWatchesWrite : 0));
}

}  // namespace

FdWatcher* FdWatcher::open(Loop& loop, int fd, int& error) {
  auto* watcher = new FdWatcher(loop, fd);
  error = loop.kernel().init(watcher->poll_, fd);
  if (error != 0) {
    delete watcher;
    return nullptr;
  }
  watcher->poll_.data = watcher;
  return watcher;
}

int FdWatcher::set_reader(Callback* callback, Arming arming) {
  reader_since_ = loop_.polls();
  return replace(reader_, callback, arming);
}

int FdWatcher::set_writer(Callback* callback, Arming arming) {
  writer_since_ = loop_.polls();
  return replace(writer_, callback, arming);
}

int FdWatcher::replace(Callback*& place, Callback* callback, Arming arming) {
  Callback* old = std::exchange(place, callback);
  count();
  const int error = apply(arming, callback != nullptr);
  if (error != 0)
    drop_callbacks();
  if (old != nullptr)
    old->drop();
  return error;
}

void FdWatcher::drop_callbacks() {
  Callback* const callbacks[] = {std::exchange(reader_, nullptr), std::exchange(writer_, nullptr)};
  count();
  drop_all(callbacks);
}

void FdWatcher::set_passive(bool passive) {
  passive_ = passive;
  count();
}

void FdWatcher::count() {
  const bool awaited = !passive_ && (reader_ != nullptr || writer_ != nullptr);
  if (awaited != awaited_)
    loop_.watchers().count_awaited(awaited ? 1 : -1);
  awaited_ = awaited;
}

/// Writing is never kept armed: a socket is writable nearly always, and would wake the loop at once. Who is new and vouches
/// for nothing is not believed: the number may be another file's by now.
int FdWatcher::apply(Arming arming, bool is_new) {
  const int events = wanted() | (arming == Arming::kept ? armed_ & UV_READABLE : 0);
  if (events == armed_ && (arming == Arming::kept || (!kept_ && !is_new))) {
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
  if (events != 0 && loop_.sleeps()) {
    loop_.watchers().arm_after_poll(*this);
    return loop_.kernel().check_pollable(fd_);
  }
  kept_ = events != wanted();
  orphan_ = false;
  int error = 0;
  if (events == 0)
    KernelPoll::stop(poll_);
  else
    error = watch(events);
  set_armed(error == 0 ? events : 0);
  if (armed_ == 0)
    note_closed();
  return error;
}

/// The alarm's number is the program's now if the program has closed the alarm. A copy of it may live on in a child, and
/// still be reported.
int FdWatcher::watch(int events) {
  const int error = loop_.kernel().watch(poll_, events, on_event);
  if (error != UV_EEXIST || !loop_.alarm().make_way(fd_))
    return error;
  suspect_ = true;
  false_alarms_ = 0;
  return loop_.kernel().watch(poll_, events, on_event);
}

void FdWatcher::set_armed(int events) {
  if (events == armed_)
    return;
  armed_ = events;
  loop_.recorder().watch_changed(handle_id_, fd_, interest_of(events));
}

void FdWatcher::record_armed() const {
  if (armed_ != 0)
    loop_.recorder().watch_changed(handle_id_, fd_, interest_of(armed_), tracer::kNoticed);
}

void FdWatcher::catch_up() {
  if (armed_ != wanted() && arm(wanted()) != 0)
    drop_callbacks();
}

bool FdWatcher::disarm_unwanted() {
  unwanted_ = false;
  if (armed_ == wanted())
    return true;
  // libuv does not say whether this worked. It does not if the descriptor was closed; that is no matter, unless a
  // duplicate of it lives, in another process, say: then the kernel reports it again.
  if (!loop_.kernel().forget(fd_))
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
  loop_.watchers().want_new_poll();
}

void FdWatcher::before_new_poll() {
  KernelPoll::stop(poll_);
  set_armed(0);
}

void FdWatcher::poll_renewed() {
  suspect_ = orphan_ = kept_ = false;
  arm_if_wanted();
}

/// libuv has not told the kernel.
void FdWatcher::stopped_by_libuv() {
  set_armed(0);
  kept_ = false;
  if (!loop_.kernel().forget(fd_))
    loop_.watchers().want_new_poll();
}

void FdWatcher::arm_if_wanted() {
  if (wanted() == 0)
    note_closed();
  else if (arm(wanted()) != 0)
    drop_callbacks();
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

void FdWatcher::close() {
  Callback* const callbacks[] = {std::exchange(reader_, nullptr), std::exchange(writer_, nullptr)};
  count();
  set_armed(0);
  loop_.recorder().handle_closing(handle_id_, fd_);
  note_closed();
  loop_.handle_closing();
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), on_closed);
  drop_all(callbacks);  // last: what this ends may close the loop
}

void FdWatcher::on_closed(uv_handle_t* handle) {
  auto* self = static_cast<FdWatcher*>(handle->data);
  Loop& loop = self->loop_;
  loop.closing_callback_begins();
  delete self;
  loop.closing_callback_ends();
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
    loop.watchers().had_event_for_nobody(self);
  }
  const int fd = self.fd_;
  if ((events & UV_READABLE) != 0 && self.reader_ != nullptr && self.reader_since_ != loop.polls())
    loop.io_ready(*self.reader_);
  if (FdWatcher* still = loop.watchers().find(fd); still != &self)
    return;
  if ((events & UV_WRITABLE) != 0 && self.writer_ != nullptr && self.writer_since_ != loop.polls())
    loop.io_ready(*self.writer_);
  if (status < 0 && loop.watchers().find(fd) == &self)
    self.arm_if_wanted();
}

}  // namespace loopscope::loop

#include "loop/watcher_table.h"

#include <algorithm>
#include <utility>

#include "loop/loop.h"

namespace loopscope::loop {

FdWatcher* WatcherTable::open(int fd, int& error) {
  error = loop_.is_closed() ? Loop::kClosed : 0;
  if (error != 0)
    return nullptr;
  if (FdWatcher* known = find(fd))
    return known;
  FdWatcher* opened = FdWatcher::open(loop_, fd, error);
  if (opened == nullptr)
    return nullptr;
  const auto index = static_cast<std::size_t>(fd);
  if (index >= by_fd_.size())
    by_fd_.resize(std::max(index + 1, 2 * by_fd_.size()));
  return by_fd_[index] = opened;
}

void WatcherTable::forget(int fd) {
  FdWatcher* watcher = find(fd);
  if (watcher == nullptr)
    return;
  by_fd_[static_cast<std::size_t>(fd)] = nullptr;
  std::erase(late_, watcher);
  std::erase(unwanted_, watcher);
  watcher->close();
}

void WatcherTable::forget_all() {
  for (std::size_t fd = 0; fd < by_fd_.size(); ++fd) forget(static_cast<int>(fd));
}

int WatcherTable::start_reading(int fd, Callback& callback) {
  int error = 0;
  if (FdWatcher* watcher = open(fd, error))
    return watcher->set_reader(&callback);
  callback.drop();
  return error;
}

int WatcherTable::start_writing(int fd, Callback& callback) {
  int error = 0;
  if (FdWatcher* watcher = open(fd, error))
    return watcher->set_writer(&callback);
  callback.drop();
  return error;
}

void WatcherTable::stop_reading(int fd) {
  if (FdWatcher* watcher = find(fd))
    watcher->set_reader(nullptr);
}

void WatcherTable::stop_writing(int fd) {
  if (FdWatcher* watcher = find(fd))
    watcher->set_writer(nullptr);
}

void WatcherTable::disarm_all_unwanted() {
  for (FdWatcher* watcher : unwanted_) {
    if (!watcher->disarm_unwanted())
      new_poll_wanted_ = true;
  }
  unwanted_.clear();
}

void WatcherTable::arm_after_poll(FdWatcher& watcher) {
  late_.push_back(&watcher);
  loop_.wake();
}

void WatcherTable::arm_late() {
  for (FdWatcher* watcher : std::exchange(late_, {})) watcher->catch_up();
}

int WatcherTable::take_up_new_poll(Alarm& alarm) {
  new_poll_wanted_ = false;
  for_each([](FdWatcher& watcher) { watcher.before_new_poll(); });
  alarm.before_new_poll();
  const int error = loop_.kernel().renew();
  alarm.poll_renewed();
  for (std::size_t fd = 0; fd < by_fd_.size(); ++fd) {
    if (by_fd_[fd] != nullptr)
      by_fd_[fd]->poll_renewed();  // drops callbacks, and what these end may make new watchers
  }
  return error;
}

}  // namespace loopscope::loop

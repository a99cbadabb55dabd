#include "loop/alarm.h"

#include <sys/resource.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <utility>

#include "loop/loop.h"
#include "loop/standard_descriptors.h"

namespace loopscope::loop {

namespace {

constexpr std::int64_t kNsPerSecond = 1'000'000'000;

constexpr int kLeftForTheProgram = 64;

/// Descriptors get the lowest number that is free.
bool few_are_left_above(int fd) {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) != 0 || static_cast<rlim_t>(fd) + kLeftForTheProgram >= limit.rlim_cur;
}

bool is_timer(int fd) {
  itimerspec left{};
  return timerfd_gettime(fd, &left) == 0;
}

}  // namespace

void Alarm::set(std::int64_t due_ns) {
  if (due_ns == set_for_ns_ || state_ == State::given_up || (state_ == State::unused && !open()))
    return;
  itimerspec at{};
  at.it_value.tv_sec = due_ns / kNsPerSecond;
  at.it_value.tv_nsec = due_ns % kNsPerSecond;
  if (timerfd_settime(fd_, TFD_TIMER_ABSTIME, &at, nullptr) == 0)
    set_for_ns_ = due_ns;
  else
    give_up();
}

bool Alarm::open() {
  const StandardDescriptors taken;
  fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd_ < 0 || few_are_left_above(fd_) || kernel_.init(poll_, fd_) != 0) {
    give_up();
    return false;
  }
  poll_.data = this;
  state_ = State::watched;
  poll_renewed();
  return state_ == State::watched;
}

void Alarm::before_new_poll() {
  if (state_ == State::watched)
    KernelPoll::stop(poll_);
}

void Alarm::poll_renewed() {
  if (state_ == State::watched && (!is_timer(fd_) || kernel_.watch(poll_, UV_READABLE, on_ring) != 0))
    give_up();
}

/// The program may have closed it, and the number may be another file's by now.
void Alarm::close_descriptor() {
  const int fd = std::exchange(fd_, -1);
  if (fd >= 0 && is_timer(fd))
    ::close(fd);
}

/// Not closed: it is the program's file.
bool Alarm::make_way(int fd) {
  if (state_ != State::watched || fd != fd_ || kernel_.knows(fd))
    return false;
  fd_ = -1;
  give_up();
  return true;
}

void Alarm::give_up() {
  if (state_ == State::watched)
    KernelPoll::stop(poll_);
  state_ = State::given_up;
  close_descriptor();
}

void Alarm::on_ring(uv_poll_t* handle, int status, int) {
  static_cast<Loop*>(handle->loop->data)->poll_returned();
  Alarm& self = *static_cast<Alarm*>(handle->data);
  self.set_for_ns_ = 0;
  constexpr itimerspec kSilent{};  // and not read(): nothing is taken from a file that has the number by now
  if (status < 0 || timerfd_settime(self.fd_, 0, &kSilent, nullptr) != 0)
    self.give_up();
}

}  // namespace loopscope::loop

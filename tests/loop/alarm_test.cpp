#include "loop/alarm.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <iterator>

#include "loop/loop.h"
#include "tests/loop/test_callback.h"

namespace loopscope::loop {
namespace {

constexpr std::int64_t kMs = 1'000'000;

std::int64_t now_ns() {
  return static_cast<std::int64_t>(tracer::monotonic_ns());
}

long descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

/// Runs until a timer has fired that is due in `ns`.
void run_for(Loop& loop, std::int64_t ns) {
  loop.clear_stop();
  const std::int64_t due_ns = now_ns() + ns;
  TestCallback stop([&] {
    EXPECT_GE(now_ns(), due_ns);
    loop.stop();
  });
  loop.call_at(due_ns, stop.counted());
  loop.run();
  EXPECT_EQ(stop.runs(), 1);
}

/// The timerfd among the open descriptors.
int find_timer() {
  itimerspec left{};
  for (int fd = 3; fd < 1000; ++fd) {
    if (timerfd_gettime(fd, &left) == 0)
      return fd;
  }
  return -1;
}

/// Whether the kernel has an event for the loop once the alarm has rung, without a poll.
bool rings(Loop& loop, int timer) {
  itimerspec soon{};
  soon.it_value.tv_nsec = 1;
  EXPECT_EQ(timerfd_settime(timer, 0, &soon, nullptr), 0);
  pollfd poll_of_loop{uv_backend_fd(loop.uv()), POLLIN, 0};
  return poll(&poll_of_loop, 1, 20) == 1;
}

TEST(Alarm, IsMadeWhenATimerIsDueSoonAndGoesWithTheLoop) {
  Loop loop;
  const long before = descriptors();
  run_for(loop, Alarm::kSoonNs + 5 * kMs);
  EXPECT_EQ(descriptors(), before);
  run_for(loop, kMs / 2);
  EXPECT_EQ(descriptors(), before + 1);
  run_for(loop, kMs / 2);
  EXPECT_EQ(descriptors(), before + 1);
  loop.close();
  EXPECT_EQ(find_timer(), -1);
}

TEST(Alarm, IsAsSoonSilentAsItHasRung) {
  Loop loop;
  for (int i = 0; i < 20; ++i) run_for(loop, i * kMs / 10);
  const std::uint32_t before = loop.polls();
  run_for(loop, Alarm::kSoonNs + 5 * kMs);
  EXPECT_LE(loop.polls() - before, 3U);
}

TEST(Alarm, IsDoneWithoutOnceTheProgramHasClosedIt) {
  Loop loop;
  run_for(loop, kMs / 2);
  close(find_timer());
  run_for(loop, kMs / 2);
  run_for(loop, kMs / 2);
  EXPECT_EQ(find_timer(), -1);
}

TEST(Alarm, LeavesTheFileAloneThatHasItsNumberNow) {
  Loop loop;
  run_for(loop, kMs / 2);
  const int number = find_timer();
  const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(dup2(file, number), number);
  run_for(loop, kMs / 2);
  loop.close();
  EXPECT_NE(fcntl(number, F_GETFD), -1);
  close(number);
  close(file);
}

/// A program that closes a descriptor twice may close the alarm's. Its next file has the number then.
class FileWithTheAlarmsNumber : public ::testing::Test {
 protected:
  void make_alarm() {
    run_for(loop, kMs / 2);
    number = find_timer();
  }
  void take_number_with(int file) {
    ASSERT_EQ(dup2(file, number), number);
    close(file);
  }
  int watch(TestCallback& reader) {
    int error = 0;
    FdWatcher* watcher = loop.watchers().open(number, error);
    return watcher == nullptr ? error : watcher->set_reader(&reader.counted());
  }
  Loop loop;
  int number = -1;
};

TEST_F(FileWithTheAlarmsNumber, IsWatched) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  make_alarm();
  take_number_with(ends[0]);
  TestCallback reader([&] {
    char byte = 0;
    EXPECT_EQ(read(number, &byte, 1), 1);
    loop.stop();
  });
  ASSERT_EQ(watch(reader), 0);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  loop.run();
  EXPECT_EQ(reader.runs(), 1);
  run_for(loop, kMs / 2);
  loop.close();
  EXPECT_NE(fcntl(number, F_GETFD), -1);
  close(number);
  close(ends[1]);
}

TEST_F(FileWithTheAlarmsNumber, IsWatchedAndStaysOpenEvenIfItIsATimer) {
  make_alarm();
  take_number_with(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  TestCallback reader([&] { loop.stop(); });
  ASSERT_EQ(watch(reader), 0);
  itimerspec soon{};
  soon.it_value.tv_nsec = 1;
  ASSERT_EQ(timerfd_settime(number, 0, &soon, nullptr), 0);
  loop.run();
  EXPECT_EQ(reader.runs(), 1);
  loop.close();
  EXPECT_NE(fcntl(number, F_GETFD), -1);
  close(number);
}

TEST_F(FileWithTheAlarmsNumber, IsWatchedByTheWatcherOfAnEarlierFileToo) {
  const int early = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int ends[2] = {-1, -1};
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  ASSERT_EQ(dup2(ends[0], early), early);
  number = early;
  TestCallback first([] {});
  ASSERT_EQ(watch(first), 0);
  ASSERT_EQ(loop.watchers().find(number)->set_reader(nullptr), 0);
  close(early);
  make_alarm();
  take_number_with(ends[0]);
  EXPECT_EQ(number, early) << "the alarm has the lowest number that was free";
  TestCallback reader([&] { loop.stop(); });
  ASSERT_EQ(watch(reader), 0);
  ASSERT_EQ(write(ends[1], "x", 1), 1);
  loop.run();
  EXPECT_EQ(reader.runs(), 1);
  loop.close();
  close(number);
  close(ends[1]);
}

TEST(Alarm, ItselfIsNoFileForTheProgramToWatch) {
  Loop loop;
  run_for(loop, kMs / 2);
  int error = 0;
  FdWatcher* watcher = loop.watchers().open(find_timer(), error);
  ASSERT_NE(watcher, nullptr);
  TestCallback reader([] {});
  EXPECT_EQ(watcher->set_reader(&reader.counted()), UV_EEXIST);
  EXPECT_TRUE(rings(loop, find_timer()));
}

TEST(Alarm, TakesNoDescriptorThatTheProgramMayLack) {
  Loop loop;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{static_cast<rlim_t>(descriptors()) + 10, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  run_for(loop, kMs / 2);
  EXPECT_EQ(find_timer(), -1);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(Alarm, IsNotTheChildsAfterAForkAndStaysTheParents) {
  Loop loop;
  run_for(loop, kMs / 2);
  const int timer = find_timer();
  const pid_t child = fork();
  if (child == 0) {
    loop.after_fork();
    _exit(find_timer() == -1 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(rings(loop, timer));
}

}  // namespace
}  // namespace loopscope::loop

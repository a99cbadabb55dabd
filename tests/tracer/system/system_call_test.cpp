// The system call in which a thread sleeps, as the kernel tells it.

#include "tracer/system/system_call.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace loopscope::tracer {
namespace {

std::uint64_t own_thread() {
  return static_cast<std::uint64_t>(syscall(SYS_gettid));
}

/// What the kernel says of `reader`'s thread, once it says something; a busy machine may take a while.
std::optional<SystemCall> told(const SystemCallReader& reader) {
  for (int tries = 0; tries < 2000; ++tries) {
    if (const auto call = reader.read())
      return call;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return std::nullopt;
}

TEST(ASystemCall, IsKnownByItsNameWhileTheThreadSleepsInIt) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::atomic<std::uint64_t> thread = 0;
  std::thread sleeper([&] {
    thread = own_thread();
    char byte = 0;
    EXPECT_EQ(read(ends[0], &byte, 1), 1);
  });
  while (thread == 0) std::this_thread::yield();
  SystemCallReader reader;
  if (!reader.follow(thread)) {
    EXPECT_EQ(write(ends[1], "x", 1), 1);
    sleeper.join();
    GTEST_SKIP() << "this kernel does not say";
  }
  std::optional<SystemCall> call;
  for (int tries = 0; tries < 2000 && !(call && call->number == SYS_read); ++tries) {
    call = told(reader);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(write(ends[1], "x", 1), 1);
  sleeper.join();
  ASSERT_TRUE(call);
  EXPECT_EQ(system_call_name(call->number), "read");
  EXPECT_EQ(call->first_argument, static_cast<std::uint64_t>(ends[0]));
  EXPECT_FALSE(reader.read()) << "the thread is gone";
  close(ends[0]);
  close(ends[1]);
}

TEST(ASystemCall, IsNoneForAThreadOnACpu) {
  std::atomic<std::uint64_t> thread = 0;
  std::atomic<bool> enough = false;
  std::thread spinner([&] {
    thread = own_thread();
    while (!enough) {
    }
  });
  while (thread == 0) std::this_thread::yield();
  SystemCallReader reader;
  const bool says = reader.follow(thread);
  const auto call = reader.read();
  enough = true;
  spinner.join();
  if (!says)
    GTEST_SKIP() << "this kernel does not say";
  EXPECT_FALSE(call);
}

TEST(ASystemCall, WithoutANameIsCalledByItsNumber) {
  EXPECT_EQ(system_call_name(99999), "system call 99999");
  EXPECT_EQ(system_call_name(SYS_clock_nanosleep), "clock_nanosleep");
}

}  // namespace
}  // namespace loopscope::tracer

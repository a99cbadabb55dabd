#include "tracer/system/process_identity.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>

namespace loopscope::tracer {
namespace {

TEST(ProcessStart, IsThatOfALivingProcessForAsLongAsItLives) {
  const auto own = own_process();
  EXPECT_EQ(own.pid, static_cast<std::uint32_t>(getpid()));
  EXPECT_GT(own.start_ticks, 0U);
  EXPECT_EQ(process_start_ticks(own.pid), own.start_ticks);
}

/// Its /proc/PID/stat can be opened, and is gone when it is read: an error of read(), and no end of file.
TEST(ProcessStart, OfOneThatEndsWhileItIsReadIsNotKnown) {
  std::atomic<std::uint32_t> looked_at{own_process().pid};
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) process_start_ticks(looked_at);
  });
  for (int i = 0; i < 5000; ++i) {
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0)
      _exit(0);
    looked_at = static_cast<std::uint32_t>(child);
    waitpid(child, nullptr, 0);
    EXPECT_EQ(process_start_ticks(static_cast<std::uint32_t>(child)), 0U);
  }
  stop = true;
  reader.join();
}

TEST(BootId, IsOneLine) {
  EXPECT_EQ(boot_id().size(), 36U);
}

}  // namespace
}  // namespace loopscope::tracer

#include "loop/kernel_poll.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "loop/standard_descriptors.h"
#include "tests/loop/loop_harness.h"
#include "tests/loop/test_callback.h"

namespace loopscope::loop {
namespace {

class KernelPollTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(KernelPoll::open(uv_), 0); }
  void TearDown() override {
    uv_run(&uv_, UV_RUN_NOWAIT);
    ASSERT_EQ(uv_loop_close(&uv_), 0);
  }

  uv_loop_t uv_{};
  KernelPoll kernel_{uv_};
};

TEST_F(KernelPollTest, IsIntactFromTheStart) {
  EXPECT_TRUE(kernel_.intact());
  uv_run(&uv_, UV_RUN_NOWAIT);
  EXPECT_TRUE(kernel_.intact());
}

TEST_F(KernelPollTest, KnowsThatItsDescriptorWasClosed) {
  close(uv_backend_fd(&uv_));
  EXPECT_FALSE(kernel_.intact());
  ASSERT_EQ(kernel_.renew(), 0);
  EXPECT_TRUE(kernel_.intact());
}

TEST_F(KernelPollTest, KnowsThatItsNumberIsAnotherFileNow) {
  const int other = open("/dev/null", O_RDONLY);
  dup2(other, uv_backend_fd(&uv_));
  close(other);
  EXPECT_FALSE(kernel_.intact());
  ASSERT_EQ(kernel_.renew(), 0);
  EXPECT_TRUE(kernel_.intact());
}

TEST_F(KernelPollTest, KnowsThatWhatWakesItWasClosed) {
  close(uv_.async_io_watcher.fd);
  EXPECT_FALSE(kernel_.intact());
  ASSERT_EQ(kernel_.renew(), 0);
  EXPECT_TRUE(kernel_.intact());
}

TEST(LoopWithoutDescriptors, EndsItsRunWithAnErrorAndMayRunAgain) {
  LoopHarness harness;
  Loop& loop = harness.loop();
  close(uv_backend_fd(loop.uv()));
  EXPECT_EQ(loop.run_once(true), UV_EBADF);
  EXPECT_EQ(loop.run_once(false), 0);
}

TEST(LoopWithoutDescriptors, GoesOnWatching) {
  LoopHarness harness;
  Loop& loop = harness.loop();
  std::array<int, 2> pipes{};
  ASSERT_EQ(pipe2(pipes.data(), O_NONBLOCK), 0);
  TestCallback reader([&] { loop.stop(); }, "reader");
  int error = 0;
  ASSERT_EQ(loop.watchers().open(pipes[0], error)->set_reader(&reader.counted()), 0);
  close(uv_backend_fd(loop.uv()));
  EXPECT_EQ(loop.run_once(true), UV_EBADF);
  ASSERT_EQ(write(pipes[1], "x", 1), 1);
  EXPECT_EQ(loop.run(), 0);
  EXPECT_EQ(reader.runs(), 1);
  loop.close();
  close(pipes[0]);
  close(pipes[1]);
}

TEST(LoopWithoutDescriptors, CanBeClosed) {
  LoopHarness harness;
  close(uv_backend_fd(harness.loop().uv()));
  harness.loop().close();
  EXPECT_TRUE(harness.loop().is_closed());
}

TEST(LoopWithoutDescriptors, IgnoresWhoeverWakesIt) {
  LoopHarness harness;
  close(uv_backend_fd(harness.loop().uv()));
  harness.loop().wake();
}

TEST(StandardDescriptors, KeepsNewFilesAboveTheStandardOnes) {
  const int kept = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 10);
  close(STDIN_FILENO);
  {
    const StandardDescriptors taken;
    const int fresh = open("/dev/null", O_RDONLY);
    EXPECT_GT(fresh, STDERR_FILENO);
    close(fresh);
  }
  EXPECT_LT(fcntl(STDIN_FILENO, F_GETFD), 0) << "what it took is free again";
  dup2(kept, STDIN_FILENO);
  close(kept);
}

}  // namespace
}  // namespace loopscope::loop

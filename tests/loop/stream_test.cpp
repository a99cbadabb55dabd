#include "loop/stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <deque>
#include <functional>
#include <string>

#include "tests/loop/loop_harness.h"
#include "tests/loop/test_callback.h"

namespace loopscope::loop {
namespace {

void keep(void*) {}

class StreamTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds_.data()), 0); }
  void TearDown() override {
    close(fds_[0]);
    close(fds_[1]);
  }
  /// Callbacks that outlive the loop, which may still hold them when it goes.
  TestCallback& callback(
      std::function<void()> action = [] {}, std::string name = "test") {
    return callbacks_.emplace_back(std::move(action), std::move(name));
  }

  std::array<int, 2> fds_{-1, -1};
  std::deque<TestCallback> callbacks_;
  LoopHarness harness_;
};

TEST_F(StreamTest, RecordsItsLifeFromOpenToClose) {
  {
    Stream stream(harness_.loop(), fds_[0], keep);
    stream.opened(tracer::HandleKind::unix_stream, tracer::kNoName);
    EXPECT_EQ(stream.write_now("hello", 5), 5);
    ASSERT_EQ(write(fds_[1], "abc", 3), 3);
    char buffer[16];
    EXPECT_EQ(stream.read(buffer, sizeof buffer), 3);
    stream.detach();
    stream.detach();
  }
  EXPECT_THAT(harness_.events(),
              testing::ElementsAre("handle_opened", "bytes_written 5", "bytes_read 3", "handle_closed"));
}

TEST_F(StreamTest, AnswersNegativeErrorNumbers) {
  Stream stream(harness_.loop(), fds_[0], keep);
  char buffer[16];
  EXPECT_EQ(stream.read(buffer, sizeof buffer), -EAGAIN);
  shutdown(fds_[1], SHUT_RDWR);
  EXPECT_EQ(stream.write_now("x", 1), -EPIPE);
  EXPECT_EQ(stream.read(buffer, sizeof buffer), 0);
}

TEST_F(StreamTest, SendsWhatItQueuedWhenThePeerMakesRoom) {
  const std::string large(1 << 20, 'x');
  Stream stream(harness_.loop(), fds_[0], keep);
  const ssize_t sent = stream.write_now(large.data(), large.size());
  ASSERT_GT(sent, 0);
  ASSERT_LT(static_cast<std::size_t>(sent), large.size());
  stream.queue(large.data() + sent, large.size() - static_cast<std::size_t>(sent), nullptr);

  TestCallback& on_writable = callback([&] {
    const int result = stream.flush();
    EXPECT_TRUE(result == 0 || result == -EAGAIN);
    if (stream.queued_bytes() == 0) {
      stream.stop_writing();
      harness_.loop().stop();
    }
  });
  std::size_t received = 0;
  TestCallback& drain = callback([&] {
    std::string buffer(65536, 0);
    received += static_cast<std::size_t>(std::max<ssize_t>(0, read(fds_[1], buffer.data(), buffer.size())));
  });
  ASSERT_EQ(stream.start_writing(on_writable.counted()), 0);
  int error = 0;
  harness_.loop().watchers().open(fds_[1], error)->set_reader(&drain.counted());
  harness_.loop().run();
  std::string rest(1 << 20, 0);
  for (ssize_t more = 0; (more = read(fds_[1], rest.data(), rest.size())) > 0;)
    received += static_cast<std::size_t>(more);
  EXPECT_EQ(received, large.size());
  stream.detach();
}

}  // namespace
}  // namespace loopscope::loop

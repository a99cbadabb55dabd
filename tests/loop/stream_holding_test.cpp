#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "loop/stream.h"
#include "tests/loop/loop_harness.h"
#include "tests/loop/test_callback.h"

namespace loopscope::loop {
namespace {

void keep(void*) {}

/// A stream over TCP that wrote twice in its last callback.
class StreamHoldingTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(connect_pair());
    stream_ = std::make_unique<Stream>(harness_.loop(), fds_[0], keep);
    stream_->opened(tracer::HandleKind::tcp, tracer::kNoName);
    ASSERT_EQ(stream_->start_reading(on_readable_.counted()), 0);
    in_a_callback([this] {
      write("12");
      write("34");
    });
    ASSERT_EQ(unsent_bytes(), 0);
    ASSERT_EQ(received(), "1234");
  }
  void TearDown() override {
    stream_->detach();
    close(fds_[0]);
    close(fds_[1]);
  }

  void in_a_callback(std::function<void()> action) {
    TestCallback& callback = callbacks_.emplace_back([this, action = std::move(action)] {
      action();
      harness_.loop().stop();
    });
    harness_.loop().call_soon(callback.counted());
    harness_.loop().run();
    harness_.loop().clear_stop();
  }

  void write(std::string_view bytes) {
    EXPECT_EQ(stream_->write_now(bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  [[nodiscard]] int unsent_bytes() const {
    int count = -1;
    ioctl(fds_[0], SIOCOUTQNSD, &count);
    return count;
  }
  [[nodiscard]] std::string received() const {
    char buffer[64];
    const ssize_t count = recv(fds_[1], buffer, sizeof buffer, MSG_DONTWAIT);
    return {buffer, static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  }

  std::array<int, 2> fds_{-1, -1};
  std::deque<TestCallback> callbacks_;
  TestCallback on_readable_;
  LoopHarness harness_;
  std::unique_ptr<Stream> stream_;

 private:
  void connect_pair() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    ASSERT_EQ(bind(listener, any, size), 0);
    ASSERT_EQ(listen(listener, 1), 0);
    ASSERT_EQ(getsockname(listener, any, &size), 0);
    fds_[0] = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(connect(fds_[0], any, size), 0);
    fds_[1] = accept(listener, nullptr, nullptr);
    close(listener);
    ASSERT_EQ(fcntl(fds_[0], F_SETFL, O_NONBLOCK), 0);
    const int on = 1;
    ASSERT_EQ(setsockopt(fds_[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
  }
};

TEST_F(StreamHoldingTest, TheKernelHoldsTheFirstOfTwoWritesUntilTheSecond) {
  in_a_callback([this] {
    write("header ");
    EXPECT_EQ(unsent_bytes(), 7);
    EXPECT_EQ(received(), "");
    write("body");
    EXPECT_EQ(unsent_bytes(), 0);
    EXPECT_EQ(received(), "header body");
  });
}

TEST_F(StreamHoldingTest, WhatIsHeldLeavesWhenTheCallbackReturns) {
  in_a_callback([this] {
    write("alone");
    EXPECT_EQ(unsent_bytes(), 5);
  });
  EXPECT_EQ(unsent_bytes(), 0);
}

TEST_F(StreamHoldingTest, WhatIsHeldLeavesWhenTheStreamIsDetached) {
  in_a_callback([this] {
    write("alone");
    stream_->detach();
    EXPECT_EQ(unsent_bytes(), 0);
  });
}

TEST_F(StreamHoldingTest, AStreamThatEndsInItsCallbackIsNotToldOfTheCallbacksEnd) {
  in_a_callback([this] {
    write("alone");
    stream_ = std::make_unique<Stream>(harness_.loop(), fds_[0], keep);
    EXPECT_EQ(unsent_bytes(), 0);
  });
}

TEST_F(StreamHoldingTest, NothingIsHeldWhileNobodyReads) {
  in_a_callback([this] {
    stream_->stop_reading();
    write("alone");
    EXPECT_EQ(unsent_bytes(), 0);
  });
}

TEST_F(StreamHoldingTest, NothingIsHeldOfWhatIsWrittenOutsideOfCallbacks) {
  write("before the loop runs");
  EXPECT_EQ(unsent_bytes(), 0);
  in_a_callback([this] {
    std::thread([this] {
      write("by another thread");
      EXPECT_EQ(unsent_bytes(), 0);
    }).join();
  });
}

TEST_F(StreamHoldingTest, ACorkOfTheProgramsStays) {
  in_a_callback([this] {
    const int on = 1;
    ASSERT_EQ(setsockopt(fds_[0], IPPROTO_TCP, TCP_CORK, &on, sizeof on), 0);
    write("alone");
  });
  EXPECT_EQ(unsent_bytes(), 5);
}

}  // namespace
}  // namespace loopscope::loop

#include "loop/fd_watcher.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "loop/loop.h"
#include "tests/loop/loop_harness.h"
#include "tests/loop/test_callback.h"
#include "tracer/system/clock.h"

namespace loopscope::loop {
namespace {

/// Does something the first time that the loop goes to sleep, as a thread that has waited for the GIL.
class OtherThread final : public PollGate {
 public:
  explicit OtherThread(std::function<void()> action) : action_(std::move(action)) {}
  void open() override {
    if (action_)
      std::exchange(action_, nullptr)();
  }
  void close() override {}

 private:
  std::function<void()> action_;
};

class FdWatcherTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds_.data()), 0); }
  void TearDown() override {
    for (const int fd : fds_) {
      if (fd >= 0)
        close(fd);
    }
  }
  FdWatcher& watch(int fd) {
    int error = 0;
    FdWatcher* watcher = harness_.loop().watchers().open(fd, error);
    EXPECT_NE(watcher, nullptr) << error;
    return *watcher;
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

TEST_F(FdWatcherTest, RunsTheReaderInThePollPhaseIfNothingIsQueued) {
  TestCallback& reader = callback([&] { harness_.loop().stop(); }, "reader");
  watch(fds_[0]).set_reader(&reader.counted());
  ASSERT_EQ(write(fds_[1], "x", 1), 1);
  harness_.loop().run();
  const std::vector<std::string> events = harness_.events();
  const std::vector<std::string> first(events.begin(), events.begin() + 7);
  EXPECT_THAT(first, testing::ElementsAre("watch_changed", "loop_start", "poll_begin forever -1", "poll_wake",
                                          "callback_begin reader", "callback_end reader", "poll_end 1"));
}

TEST_F(FdWatcherTest, DiesWhenItsDescriptorIsForgotten) {
  const std::int64_t before = FdWatcher::living();
  watch(fds_[0]).set_reader(&callback([] {}, "reader").counted());
  EXPECT_EQ(FdWatcher::living(), before + 1);
  harness_.loop().watchers().forget(fds_[0]);
  harness_.loop().run_once(false);
  EXPECT_EQ(FdWatcher::living(), before);
}

TEST_F(FdWatcherTest, RunsTheReaderBehindWhatWasQueued) {
  std::vector<std::string> order;
  TestCallback& queued = callback([&] { order.push_back("queued"); });
  TestCallback& reader = callback([&] {
    order.push_back("reader");
    harness_.loop().stop();
  });
  watch(fds_[0]).set_reader(&reader.counted());
  ASSERT_EQ(write(fds_[1], "x", 1), 1);
  harness_.loop().call_soon(queued.counted());
  harness_.loop().run();
  EXPECT_THAT(order, testing::ElementsAre("queued", "reader"));
}

TEST_F(FdWatcherTest, RunsTheReaderBeforeTheWriter) {
  std::vector<std::string> order;
  TestCallback& reader = callback([&] { order.push_back("reader"); });
  TestCallback& writer = callback([&] {
    order.push_back("writer");
    harness_.loop().stop();
  });
  watch(fds_[0]).set_writer(&writer.counted());
  watch(fds_[0]).set_reader(&reader.counted());
  ASSERT_EQ(write(fds_[1], "x", 1), 1);
  harness_.loop().run();
  EXPECT_THAT(order, testing::ElementsAre("reader", "writer"));
}

TEST_F(FdWatcherTest, GivesTheReferenceOfAReplacedReaderBack) {
  TestCallback& old = callback();
  TestCallback& replacement = callback();
  watch(fds_[0]).set_reader(&old.counted());
  watch(fds_[0]).set_reader(&replacement.counted());
  EXPECT_EQ(old.references(), 0);
  watch(fds_[0]).set_reader(nullptr);
  EXPECT_EQ(replacement.references(), 0);
}

TEST_F(FdWatcherTest, MayBeForgottenByItsOwnReader) {
  TestCallback& reader = callback([&] {
    harness_.loop().watchers().forget(fds_[0]);
    harness_.loop().stop();
  });
  TestCallback& writer = callback();
  watch(fds_[0]).set_reader(&reader.counted());
  watch(fds_[0]).set_writer(&writer.counted());
  ASSERT_EQ(write(fds_[1], "x", 1), 1);
  harness_.loop().run();
  EXPECT_EQ(harness_.loop().watchers().find(fds_[0]), nullptr);
  EXPECT_EQ(reader.references(), 0);
  EXPECT_EQ(writer.runs(), 0);
  EXPECT_THAT(harness_.events(), testing::IsSupersetOf({"phase_begin closing 1", "phase_end closing 1"}));
}

TEST_F(FdWatcherTest, SurvivesADescriptorThatIsClosedBehindItsBack) {
  TestCallback& reader = callback();
  TestCallback& stop = callback([&] { harness_.loop().stop(); });
  watch(fds_[0]).set_reader(&reader.counted());
  close(std::exchange(fds_[0], -1));
  harness_.loop().call_soon(stop.counted());
  harness_.loop().run();
  EXPECT_EQ(reader.runs(), 0);
}

TEST_F(FdWatcherTest, RefusesWhatTheKernelCannotPoll) {
  TestCallback& reader = callback();
  const int file = open("/proc/self/exe", O_RDONLY);
  EXPECT_EQ(watch(file).set_reader(&reader.counted()), UV_EPERM);
  EXPECT_EQ(reader.references(), 0);
  close(file);
  EXPECT_EQ(watch(file).set_reader(&reader.counted()), UV_EBADF);
  EXPECT_EQ(reader.references(), 0);
}

TEST_F(FdWatcherTest, ForgetsBothCallbacksIfTheKernelRefusesAChange) {
  TestCallback& reader = callback();
  TestCallback& writer = callback();
  ASSERT_EQ(watch(fds_[0]).set_reader(&reader.counted()), 0);
  close(std::exchange(fds_[0], -1));
  const int number = open("/dev/null", O_RDWR);  // the lowest that is free
  EXPECT_EQ(watch(number).set_writer(&writer.counted()), UV_EPERM);
  EXPECT_EQ(reader.references(), 0);
  EXPECT_EQ(writer.references(), 0);
  close(number);
}

TEST_F(FdWatcherTest, ServesWhoeverGetsTheNumberOfADescriptorThatWasClosed) {
  watch(fds_[0]).set_reader(&callback().counted());
  std::array<int, 2> fresh{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fresh.data()), 0);
  ASSERT_EQ(dup2(fresh[0], fds_[0]), fds_[0]);
  TestCallback& reader = callback([&] { harness_.loop().stop(); });
  watch(fds_[0]).set_reader(&reader.counted());
  ASSERT_EQ(write(fresh[1], "x", 1), 1);
  harness_.loop().run();
  EXPECT_EQ(reader.runs(), 1);
  close(fresh[0]);
  close(fresh[1]);
}

TEST_F(FdWatcherTest, IsArmedByAnotherThreadWhileTheLoopSleeps) {
  TestCallback& reader = callback([&] { harness_.loop().stop(); });
  ASSERT_EQ(write(fds_[1], "x", 1), 1);
  OtherThread other([&] { EXPECT_EQ(watch(fds_[0]).set_reader(&reader.counted()), 0); });
  harness_.loop().set_gate(&other);
  harness_.loop().run();
  EXPECT_EQ(reader.runs(), 1);
  harness_.loop().set_gate(nullptr);
}

TEST_F(FdWatcherTest, LeavesABlockingDescriptorBlocking) {
  int pipes[2];
  ASSERT_EQ(pipe(pipes), 0);
  watch(pipes[0]);
  EXPECT_EQ(fcntl(pipes[0], F_GETFL) & O_NONBLOCK, 0);
  harness_.loop().watchers().forget(pipes[0]);
  close(pipes[0]);
  close(pipes[1]);
}

class KeptFdWatcherTest : public FdWatcherTest {
 protected:
  /// Waits once for a byte, as somebody who will wait again.
  void wait_once(int fd) {
    TestCallback& reader = callback([this, fd] {
      char byte = 0;
      EXPECT_EQ(read(fd, &byte, 1), 1);
      watch(fd).set_reader(nullptr, Arming::kept);
      harness_.loop().stop();
    });
    watch(fd).set_reader(&reader.counted(), Arming::kept);
    ASSERT_EQ(write(fds_[1], "x", 1), 1);
    harness_.loop().clear_stop();
    harness_.loop().run();
    harness_.events();
  }
  /// Polls until a timer ends it.
  std::vector<std::string> run_for_a_while() {
    TestCallback& stop = callback([&] { harness_.loop().stop(); });
    harness_.loop().call_at(static_cast<std::int64_t>(tracer::monotonic_ns()) + 20'000'000, stop.counted());
    harness_.loop().clear_stop();
    harness_.loop().run();
    return harness_.events();
  }
};

TEST_F(KeptFdWatcherTest, RestsArmedUntilAnEventComesForNobody) {
  wait_once(fds_[0]);
  EXPECT_TRUE(watch(fds_[0]).resting());
  run_for_a_while();
  EXPECT_TRUE(watch(fds_[0]).resting());
  ASSERT_EQ(write(fds_[1], "x", 1), 1);
  const auto events = run_for_a_while();
  EXPECT_FALSE(watch(fds_[0]).resting());
  EXPECT_EQ(std::count(events.begin(), events.end(), "poll_end 1"), 1);
  EXPECT_EQ(std::count(events.begin(), events.end(), "callback_begin test"), 1);  // the timer
}

TEST_F(KeptFdWatcherTest, ServesWhoeverWaitsAgain) {
  wait_once(fds_[0]);
  wait_once(fds_[0]);
  ASSERT_EQ(write(fds_[1], "x", 1), 1);
  run_for_a_while();
  wait_once(fds_[0]);  // finds the byte that was for nobody
}

TEST_F(KeptFdWatcherTest, IsArmedAnewForWhoeverDoesNotVouchForTheFile) {
  wait_once(fds_[0]);
  std::array<int, 2> fresh{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fresh.data()), 0);
  ASSERT_EQ(dup2(fresh[0], fds_[0]), fds_[0]);
  TestCallback& reader = callback([&] { harness_.loop().stop(); });
  watch(fds_[0]).set_reader(&reader.counted());
  ASSERT_EQ(write(fresh[1], "x", 1), 1);
  harness_.loop().clear_stop();
  harness_.loop().run();
  EXPECT_EQ(reader.runs(), 1);
  close(fresh[0]);
  close(fresh[1]);
}

TEST_F(KeptFdWatcherTest, EndsEventsOfAFileThatNobodyCanDisarm) {
  wait_once(fds_[0]);
  const int duplicate = dup(fds_[0]);
  close(std::exchange(fds_[0], -1));
  ASSERT_EQ(write(fds_[1], "x", 1), 1);
  const auto events = run_for_a_while();
  EXPECT_LT(std::count(events.begin(), events.end(), "poll_end 1"), 5);
  close(duplicate);
}

TEST_F(KeptFdWatcherTest, DoesNotKeepWritingArmed) {
  TestCallback& writer = callback([&] {
    watch(fds_[0]).set_writer(nullptr, Arming::kept);
    harness_.loop().stop();
  });
  watch(fds_[0]).set_writer(&writer.counted(), Arming::kept);
  harness_.loop().run();
  EXPECT_FALSE(watch(fds_[0]).resting());
  EXPECT_EQ(writer.runs(), 1);
}

TEST_F(KeptFdWatcherTest, IsAnOpenHandleWhileItRests) {
  watch(fds_[0]).note_opened(tracer::HandleKind::watcher, tracer::kNoName);
  wait_once(fds_[0]);
  EXPECT_NE(watch(fds_[0]).handle_id(), 0);
  ASSERT_EQ(write(fds_[1], "x", 1), 1);
  EXPECT_THAT(run_for_a_while(), testing::Contains("handle_closed"));
  EXPECT_EQ(watch(fds_[0]).handle_id(), 0);
}

}  // namespace
}  // namespace loopscope::loop

// The watchdog's thread: it looks while loops turn, and sleeps while they do.

#include "tracer/write/watchdog.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <thread>

#include "tests/tracer/sessions.h"
#include "tracer/system/clock.h"
#include "tracer/write/watched_session.h"

namespace loopscope::tracer {
namespace {

class NoStack final : public StackSource {
 public:
  void attach(bool) override {}
  StackCopy copy(StackOf) override { return {}; }
  [[nodiscard]] bool is_lock(std::uint64_t) const override { return false; }
};

std::size_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

class AWatchdog : public ::testing::Test {
 protected:
  AWatchdog() : session_(testing::session_in_ns()) {
    auto& present = session_.session().present();
    present.running = 1;
    present.level = Level::callbacks;
    present.stall_threshold_ns = kLeastStallThresholdNs;
    session_.watch_with(watchdog_, stacks_);
  }
  void block_for_a_second() {
    auto& present = session_.session().present();
    present.callback_since_ticks = monotonic_ns() - 1'000'000'000;
    std::atomic_ref(present.callback_depth).store(1);
  }
  void sleep_in_a_poll() {
    auto& present = session_.session().present();
    std::atomic_ref(present.callback_depth).store(0);
    present.phase = Phase::poll;
    present.phase_since_ticks = monotonic_ns();
  }
  [[nodiscard]] std::uint64_t told() const {
    return std::atomic_ref(session_.session().track_counts(Track::watchdog).head).load();
  }
  /// Waits until the watchdog has said more than `before`; a busy machine may take a while.
  [[nodiscard]] bool tells_more_than(std::uint64_t before) const {
    for (int tries = 0; tries < 10'000; ++tries) {
      if (told() > before)
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }

  NoStack stacks_;
  Watchdog watchdog_;
  WatchedSession session_;
};

TEST_F(AWatchdog, HasNoThreadBeforeALoopRuns) {
  EXPECT_FALSE(watchdog_.running());
  session_.loop_runs(true);
  EXPECT_TRUE(watchdog_.running());
}

TEST_F(AWatchdog, HasNoThreadForALoopThatIsNotRecorded) {
  session_.loop_runs(false);
  EXPECT_FALSE(watchdog_.running());
}

TEST_F(AWatchdog, CatchesALoopThatDoesNotTurn) {
  session_.loop_runs(true);
  block_for_a_second();
  EXPECT_TRUE(tells_more_than(0));
}

TEST_F(AWatchdog, SleepsWithItsLoopAndIsWokenByIt) {
  sleep_in_a_poll();
  session_.loop_runs(true);
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  block_for_a_second();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(told(), 0U) << "nobody has woken it";
  session_.loop_turns();
  EXPECT_TRUE(tells_more_than(0));
}

TEST_F(AWatchdog, GivesItsThreadBackAndStartsAnew) {
  const auto before = threads();
  session_.loop_runs(true);
  EXPECT_EQ(threads(), before + 1);
  watchdog_.stop();
  EXPECT_EQ(threads(), before);
  block_for_a_second();
  session_.loop_turns();
  EXPECT_TRUE(tells_more_than(0));
}

TEST_F(AWatchdog, BeginsAnewInTheChildOfAFork) {
  session_.loop_runs(true);
  block_for_a_second();
  ASSERT_TRUE(tells_more_than(0));
  const pid_t child = fork();
  if (child == 0) {
    watchdog_.forked();
    NoStack stacks;
    auto* session = new WatchedSession(testing::session_in_ns());
    session->watch_with(watchdog_, stacks);
    session->loop_runs(true);
    _exit(watchdog_.running() && threads() == 2 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(AWatchdog, HasNoDescriptorsOfTheProgram) {
  const auto descriptors = [] {
    const std::filesystem::directory_iterator files("/proc/self/fd");
    return std::distance(begin(files), end(files));
  };
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto before = descriptors();
  session_.loop_runs(true);
  block_for_a_second();
  ASSERT_TRUE(tells_more_than(0));
  EXPECT_EQ(descriptors(), before);
  close(ends[1]);
  char byte = 0;
  EXPECT_EQ(read(ends[0], &byte, 1), 0) << "the watchdog holds the other end, too";
  close(ends[0]);
}

TEST_F(AWatchdog, LetsGoOfALoopBeforeItsMemoryGoes) {
  for (int i = 0; i < 200; ++i) {
    WatchedSession session(testing::session_in_ns());
    auto& present = session.session().present();
    present.running = 1;
    present.level = Level::callbacks;
    present.stall_threshold_ns = kLeastStallThresholdNs;
    present.callback_depth = 1;
    session.watch_with(watchdog_, stacks_);
    session.loop_runs(true);
    std::this_thread::sleep_for(std::chrono::microseconds(50 * (i % 40)));
  }
}

}  // namespace
}  // namespace loopscope::tracer

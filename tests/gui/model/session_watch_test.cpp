#include "gui/model/session_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "tests/gui/synthetic_session.h"

namespace loopscope::gui {
namespace {

using ::testing::Gt;
using ::testing::Optional;

constexpr std::int64_t kSecond = 1'000'000'000;

class SessionWatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/dev/shm/loopscope-test-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    options_.directory = pattern;
  }
  void start() {
    std::string error;
    program_ = testing::SyntheticSession::create(options_, error);
    ASSERT_NE(program_, nullptr) << error;
    entry_.path = program_->path();
    entry_.alive = entry_.readable = true;
  }
  void TearDown() override {
    program_.reset();
    std::filesystem::remove_all(options_.directory);
  }
  testing::SyntheticOptions options_;
  std::unique_ptr<testing::SyntheticSession> program_;
  tracer::SessionEntry entry_;
};

TEST_F(SessionWatchTest, TheSecondLookKnowsHowFastALoopTurns) {
  start();
  SessionWatch watch;
  watch.look({entry_}, kSecond);
  ASSERT_NE(watch.of(entry_.path), nullptr);
  EXPECT_FALSE(watch.of(entry_.path)->iterations_per_s);
  program_->run(kSecond / 10);
  watch.look({entry_}, 2 * kSecond);
  EXPECT_THAT(watch.of(entry_.path)->iterations_per_s, Optional(Gt(0)));
  watch.look({entry_}, 3 * kSecond);
  EXPECT_THAT(watch.of(entry_.path)->iterations_per_s, Optional(0.0)) << "it stands still";
}

TEST_F(SessionWatchTest, KnowsWhichThreadRunsTheLoop) {
  std::thread([&] {
    pthread_setname_np(pthread_self(), "db-loop");
    start();
    program_->run(kSecond / 100);
    SessionWatch watch;
    watch.look({entry_}, kSecond);
    EXPECT_EQ(watch.of(entry_.path)->thread, "db-loop");
  }).join();
}

TEST_F(SessionWatchTest, AtLevelOffNothingIsKnownOfItsActivity) {
  options_.level = tracer::Level::off;
  start();
  SessionWatch watch;
  watch.look({entry_}, kSecond);
  watch.look({entry_}, 2 * kSecond);
  EXPECT_FALSE(watch.of(entry_.path)->recorded);
  EXPECT_FALSE(watch.of(entry_.path)->iterations_per_s);
}

TEST_F(SessionWatchTest, ForgetsWhatIsNoLongerListed) {
  start();
  SessionWatch watch;
  watch.look({entry_}, kSecond);
  watch.look({}, 2 * kSecond);
  EXPECT_EQ(watch.of(entry_.path), nullptr);
}

}  // namespace
}  // namespace loopscope::gui

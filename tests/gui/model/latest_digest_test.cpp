#include "gui/model/latest_digest.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <thread>

#include "gui/model/steady_findings.h"
#include "tests/gui/synthetic_session.h"

namespace loopscope::gui {
namespace {

using testing::SyntheticOptions;
using testing::SyntheticSession;
using tracer::Level;

constexpr std::int64_t kMs = 1'000'000;

/// A program that hangs, and a digest of it from before.
class LatestDigestOfAHang : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/dev/shm/loopscope-test-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    options_.directory = pattern;
    std::promise<void> hangs;
    loop_thread_ = std::thread([&] {
      std::string error;
      program_ = SyntheticSession::create(options_, error);
      program_->run(20 * kMs);
      program_->hang();
      hangs.set_value();
      over_.get_future().wait();
    });
    hangs.get_future().wait();
    source_ = std::make_unique<TraceSource>(tracer::Session::open(program_->path()).session, Level::off);
    // The rules subtract every wait for a CPU, so on a busy machine a hang needs longer to be one.
    for (int i = 0; i < 500 && (!digest_->hang || digest_->hang->held_ns() < 40 * kMs); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      source_->pump(1'000 * kMs);
      digest_.expire();
      refresh();
    }
    ASSERT_TRUE(digest_->hang);
  }
  void TearDown() override {
    over_.set_value();
    loop_thread_.join();
    source_.reset();
    program_.reset();
    std::filesystem::remove_all(options_.directory);
  }
  void refresh() { digest_.refresh(*source_, {}); }
  /// How long the timeline says that the open callback runs.
  [[nodiscard]] std::int64_t open_ns() const {
    return source_->now_ns() - source_->model().open_callbacks().front().begin_ns;
  }

  SyntheticOptions options_;
  std::unique_ptr<SyntheticSession> program_;
  std::thread loop_thread_;  ///< it hangs: it waits, and has no part in a wait for a CPU
  std::promise<void> over_;
  std::unique_ptr<TraceSource> source_;
  LatestDigest digest_;
};

TEST_F(LatestDigestOfAHang, KeepsItsNumbersForAMomentSoThatPeopleCanReadThem) {
  const std::int64_t before = digest_->at_ns;
  source_->pump(kMs);
  refresh();
  if (source_->now_ns() - before < kDigestNs) {
    EXPECT_EQ(digest_->at_ns, before);
  }
}

TEST_F(LatestDigestOfAHang, APauseShowsOneMoment) {
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  source_->pump(kMs);
  source_->hold();
  refresh();
  EXPECT_EQ(digest_->at_ns, source_->now_ns());
  EXPECT_EQ(digest_->hang->lasts.whole_ns, open_ns());
  EXPECT_FALSE(digest_.outdated(*source_)) << "a paused view needs no more frames";
}

TEST_F(LatestDigestOfAHang, ResumingShowsThePresent) {
  source_->hold();
  refresh();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  source_->pump(kMs);
  source_->let_go();
  EXPECT_TRUE(digest_.outdated(*source_));
  refresh();
  EXPECT_EQ(digest_->at_ns, source_->now_ns());
}

TEST_F(LatestDigestOfAHang, ItsEndIsSeenAtOnce) {
  EXPECT_FALSE(digest_.outdated(*source_));
  program_->end_hang();
  source_->pump(1'000 * kMs);
  EXPECT_TRUE(digest_.outdated(*source_));
  refresh();
  EXPECT_FALSE(digest_->hang);
  EXPECT_EQ(digest_->state, ProgramState::live);
}

TEST_F(LatestDigestOfAHang, TheFindingThatWasClickedIsFoundAgainAfterItHasGrown) {
  const tracer::Finding clicked = digest_->findings.front();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  source_->pump(kMs);
  source_->hold();
  refresh();
  const tracer::Finding* now = same_finding(digest_->findings, clicked);
  ASSERT_NE(now, nullptr);
  EXPECT_EQ(now->begin_ns, clicked.begin_ns);
  EXPECT_EQ(now->end_ns, source_->now_ns());
  program_->end_hang();
  source_->let_go();
  source_->pump(1'000 * kMs);
  refresh();
  ASSERT_NE(same_finding(digest_->findings, clicked), nullptr) << "it has ended, and is still the same";
}

}  // namespace
}  // namespace loopscope::gui

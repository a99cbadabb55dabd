/// Everything on one screen agrees, and what is not known has no number.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "gui/model/digest.h"
#include "tests/gui/synthetic_session.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {
namespace {

using testing::SyntheticOptions;
using testing::SyntheticSession;
using tracer::Level;

constexpr std::int64_t kMs = 1'000'000;

class Agreement : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/dev/shm/loopscope-test-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    options_.directory = pattern;
  }
  void TearDown() override {
    source_.reset();
    program_.reset();
    std::filesystem::remove_all(options_.directory);
  }
  void watch(Level level) {
    options_.level = level;
    std::string error;
    program_ = SyntheticSession::create(options_, error);
    ASSERT_NE(program_, nullptr) << error;
    source_ = std::make_unique<TraceSource>(tracer::Session::open(program_->path()).session, Level::off);
  }
  Digest digest_after(std::int64_t ns) {
    for (; ns > 0; ns -= 20 * kMs) {
      program_->run(20 * kMs);
      source_->pump(1'000 * kMs);
    }
    return make_digest(*source_);
  }
  SyntheticOptions options_;
  std::unique_ptr<SyntheticSession> program_;
  std::unique_ptr<TraceSource> source_;
};

TEST_F(Agreement, TheWheelAndTheReasonSpeakOfOnePoll) {
  watch(Level::callbacks);
  for (int i = 0; i < 20; ++i) {
    const Digest digest = digest_after(20 * kMs);
    ASSERT_TRUE(digest.poll_known);
    EXPECT_EQ(digest.poll_timeout_ms, digest.present.poll_timeout_ms);
    const tracer::Name culprit = source_->name(digest.present.poll_culprit);
    EXPECT_EQ(digest.why.headline,
              tracer::why_timeout(digest.present.poll_reason, digest.present.poll_timeout_ms, &culprit).headline);
  }
}

TEST_F(Agreement, AtLevelOffNoPollAndNoRateIsKnown) {
  watch(Level::off);
  const Digest digest = digest_after(600 * kMs);
  EXPECT_FALSE(digest.poll_known);
  EXPECT_FALSE(digest.rates_known);
  EXPECT_EQ(source_->levels().below(Level::phases, 1, source_->now_ns()).size(), 1U);
}

TEST_F(Agreement, WhileTheLevelCountsTheRatesAreKnown) {
  watch(Level::phases);
  EXPECT_TRUE(digest_after(900 * kMs).rates_known);
}

TEST_F(Agreement, BytesOfHandlesAreKnownWhereTheyAreRecorded) {
  watch(Level::callbacks);
  const Digest digest = digest_after(300 * kMs);
  std::uint64_t bytes = 0;
  for (const HandleLine& handle : digest.handles) {
    bytes += handle.traffic ? handle.traffic->bytes_in : 0;
    const bool listens = handle.kind == tracer::handle_text(tracer::HandleKind::listener);
    EXPECT_FALSE(listens && handle.traffic) << "it carries none: that is not 0";
  }
  EXPECT_GT(bytes, 0U);
}

}  // namespace
}  // namespace loopscope::gui

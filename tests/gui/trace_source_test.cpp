#include "gui/trace_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "gui/digest.h"
#include "tests/gui/synthetic_session.h"

namespace loopscope::gui {
namespace {

using testing::SyntheticOptions;
using testing::SyntheticSession;
using tracer::Level;

constexpr std::int64_t kMs = 1'000'000;

/// A made-up program, and an app's eye on it.
class TraceSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/dev/shm/loopscope-test-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    options_.directory = pattern;
  }
  void TearDown() override {
    program_.reset();
    std::filesystem::remove_all(options_.directory);
  }
  void start() {
    std::string error;
    program_ = SyntheticSession::create(options_, error);
    ASSERT_NE(program_, nullptr) << error;
  }
  std::unique_ptr<TraceSource> attach(Level want = Level::callbacks) {
    auto opened = tracer::Session::open(program_->path());
    EXPECT_NE(opened.session, nullptr) << opened.message;
    return std::make_unique<TraceSource>(std::move(opened.session), want);
  }
  void run_and_pump(TraceSource& source, std::int64_t ns) {
    for (; ns > 0; ns -= 20 * kMs) {
      program_->run(20 * kMs);
      source.pump(1'000 * kMs, source.now_ns());
    }
  }

  SyntheticOptions options_;
  std::unique_ptr<SyntheticSession> program_;
};

TEST_F(TraceSourceTest, ShowsALiveProgram) {
  start();
  const auto source = attach();
  run_and_pump(*source, 1'400 * kMs);
  EXPECT_FALSE(source->ended());
  EXPECT_EQ(source->lost(), 0U);
  const Digest digest = make_digest(*source);
  EXPECT_GT(digest.iteration, 100U);
  EXPECT_TRUE(digest.poll_known);
  EXPECT_GT(digest.callbacks_per_s, 0);
  std::int64_t sum = 0;
  for (const std::int64_t ns : digest.second.times.ns) sum += ns;
  EXPECT_EQ(sum, 1'000 * kMs);
  EXPECT_LT(digest.second.share(tracer::Activity::unknown), 0.01);
  std::vector<std::string> names;
  for (const CallbackLine& line : digest.callbacks) names.push_back(line.name + " " + line.place);
  EXPECT_THAT(names, ::testing::Contains("Task serve_client chat.py:71"));
  EXPECT_EQ(digest.handles.size(), 13U);
}

TEST_F(TraceSourceTest, FindsTheCallbackThatBlocks) {
  start();
  const auto source = attach();
  run_and_pump(*source, 900 * kMs);
  const Digest digest = make_digest(*source);
  std::vector<std::string> titles;
  for (const tracer::Finding& finding : digest.findings) titles.push_back(finding.title);
  EXPECT_THAT(titles, ::testing::Contains(::testing::HasSubstr("render_report held the loop for")));
}

TEST_F(TraceSourceTest, RaisesTheLevelWhileAttachedAndSaysFromWhere) {
  options_.level = Level::phases;
  start();
  {
    const auto source = attach(Level::callbacks);
    EXPECT_TRUE(source->level_pending());
    run_and_pump(*source, 100 * kMs);
    EXPECT_EQ(source->level(), Level::callbacks);
    EXPECT_EQ(source->raised_from(), Level::phases);
    EXPECT_FALSE(source->model().callbacks().empty());
  }
  program_->run(100 * kMs);
  const auto source = attach(Level::off);
  EXPECT_EQ(source->level(), Level::phases) << "put back";
}

TEST_F(TraceSourceTest, LeavesTheLevelAloneIfToldTo) {
  options_.level = Level::phases;
  start();
  const auto source = attach(Level::off);
  run_and_pump(*source, 100 * kMs);
  EXPECT_EQ(source->level(), Level::phases);
  EXPECT_FALSE(source->raised_from());
}

TEST_F(TraceSourceTest, KeepsTheLastPictureWhenTheProgramEnds) {
  start();
  const auto source = attach();
  run_and_pump(*source, 200 * kMs);
  program_.reset();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  source->pump(1'000 * kMs, source->now_ns());
  EXPECT_TRUE(source->ended());
  EXPECT_EQ(source->now_ns(), source->model().last_event_ns());
  EXPECT_FALSE(source->model().callbacks().empty());
}

TEST_F(TraceSourceTest, CountsWhatItWasTooSlowToReadAndMarksTheGap) {
  options_.iterations_per_s = 1e6;
  options_.blocking_ns = 0;
  start();
  const auto source = attach();
  run_and_pump(*source, 60 * kMs);
  while (source->session().head() < source->session().header().ring_events * 2) program_->run(200 * kMs);
  source->pump(5'000 * kMs, source->now_ns());
  EXPECT_GT(source->lost(), 0U);
  ASSERT_FALSE(source->model().gaps().empty());
  EXPECT_EQ(source->model().gaps()[0].events, source->lost());
}

/// A machine on which whatever is recorded costs 100 ns.
Calibration calibrated() {
  tracer::RecordingCosts costs;
  costs.ns.fill(100);
  return {true, costs};
}

TEST_F(TraceSourceTest, TellsWhatRecordingCostsTheProgram) {
  start();
  const auto source = attach();
  run_and_pump(*source, 1'400 * kMs);
  const Recording recording = make_digest(*source, calibrated()).recording;
  ASSERT_EQ(recording.state, Recording::State::known);
  EXPECT_GT(recording.cost.events, 100);
  EXPECT_GT(recording.cost.ns_an_event(), 30) << "at least every third event has a price";
  EXPECT_LE(recording.cost.ns_an_event(), 100);
  EXPECT_DOUBLE_EQ(recording.share, recording.cost.ns / 1e9);
  EXPECT_GT(recording.busy_share, recording.share) << "this program sleeps now and then";
}

TEST_F(TraceSourceTest, SaysNothingOfTheCostOfRecordingBeforeItWasMeasured) {
  start();
  const auto source = attach();
  run_and_pump(*source, 400 * kMs);
  EXPECT_EQ(make_digest(*source).recording.state, Recording::State::measuring);
  EXPECT_EQ(make_digest(*source, {true, std::nullopt}).recording.state, Recording::State::not_known);
}

TEST_F(TraceSourceTest, RecordingCostsNothingWhileItIsOff) {
  options_.level = Level::off;
  start();
  const auto source = attach(Level::off);
  run_and_pump(*source, 200 * kMs);
  EXPECT_EQ(make_digest(*source, calibrated()).recording.state, Recording::State::off);
}

TEST_F(TraceSourceTest, CountsWhatOnlyCountersKnowAtPhases) {
  options_.level = Level::phases;
  start();
  const auto source = attach(Level::off);
  run_and_pump(*source, 1'400 * kMs);
  Calibration counters_only = calibrated();
  counters_only.costs->ns.fill(0);
  counters_only.costs->ns[static_cast<std::size_t>(tracer::Recorded::counted)] = 100;
  counters_only.costs->ns[static_cast<std::size_t>(tracer::Recorded::counted_io)] = 100;
  const Recording recording = make_digest(*source, counters_only).recording;
  ASSERT_EQ(recording.state, Recording::State::known);
  EXPECT_GT(recording.cost.ns, 0);
}

TEST_F(TraceSourceTest, DoesNotPriceWhatAnotherMachineRecorded) {
  start();
  program_->run(300 * kMs);
  const std::string elsewhere = options_.directory + "/elsewhere";
  std::filesystem::copy_file(program_->path(), elsewhere);
  std::fstream file(elsewhere, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(offsetof(tracer::SessionHeader, boot_id));
  file.write("another-boot", 12);
  file.close();
  auto opened = tracer::Session::open(elsewhere);
  ASSERT_NE(opened.session, nullptr) << opened.message;
  TraceSource source(std::move(opened.session), Level::callbacks);
  source.pump(1'000 * kMs, 0);
  EXPECT_EQ(make_digest(source, calibrated()).recording.state, Recording::State::not_known);
}

}  // namespace
}  // namespace loopscope::gui

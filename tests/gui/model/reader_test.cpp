#include "gui/model/reader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>

#include "tests/gui/synthetic_session.h"
#include "tests/tracer/sessions.h"
#include "tracer/system/clock.h"

namespace loopscope::gui {
namespace {

using testing::SyntheticOptions;
using testing::SyntheticSession;
using tracer::Level;

constexpr std::int64_t kMs = 1'000'000;

/// A made-up program that runs on a thread of its own, so that its viewer may block.
class Program {
 public:
  explicit Program(const SyntheticOptions& options) {
    std::string error;
    session_ = SyntheticSession::create(options, error);
    EXPECT_NE(session_, nullptr) << error;
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) session_->run(5 * kMs);
    });
  }
  [[nodiscard]] std::unique_ptr<tracer::Session> open() const {
    auto opened = tracer::Session::open(session_->path());
    EXPECT_NE(opened.session, nullptr) << opened.message;
    return std::move(opened.session);
  }

 private:
  std::unique_ptr<SyntheticSession> session_;
  std::jthread thread_;
};

bool comes_true(const std::function<bool()>& condition) {
  for (int i = 0; i < 12000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return condition();
}

class ReaderTest : public ::testing::Test {
 protected:
  ReaderTest() { options_.directory = directory_.path(); }
  static std::unique_ptr<Reader> read(const Program& program, Level want) {
    return std::make_unique<Reader>(std::make_unique<TraceSource>(program.open(), want));
  }

  tracer::testing::SessionDirectory directory_;
  SyntheticOptions options_;
};

TEST_F(ReaderTest, ReadsWhileNobodyLooks) {
  options_.iterations_per_s = 5'000;
  options_.blocking_ns = 0;
  const Program program(options_);
  const auto reader = read(program, Level::off);
  const auto session = program.open();
  constexpr std::uint64_t kWritten = 20'000;
  ASSERT_TRUE(comes_true([&] { return session->head() > kWritten; }));
  EXPECT_GT(reader->look()->events(), kWritten / 2) << "one look reads some thousand";
}

TEST_F(ReaderTest, KeepsTheLevelUpWhileTheDrawingSideIsBlocked) {
  options_.level = Level::phases;
  const Program program(options_);
  const auto reader = read(program, Level::callbacks);
  const auto present = program.open();
  const auto level = [&] { return present->present().present.level; };
  ASSERT_TRUE(comes_true([&] { return level() == Level::callbacks; }));
  // A buffer swap that takes three times as long as a lease lives. Meanwhile only the reader runs.
  const auto end_ns = tracer::monotonic_ns() + 3 * tracer::kLeaseTimeoutNs;
  while (tracer::monotonic_ns() < end_ns) {
    ASSERT_EQ(level(), Level::callbacks);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

TEST_F(ReaderTest, GivesTheLevelBackWhenItEnds) {
  options_.level = Level::phases;
  const Program program(options_);
  const auto present = program.open();
  const auto level = [&] { return present->present().present.level; };
  auto reader = read(program, Level::callbacks);
  ASSERT_TRUE(comes_true([&] { return level() == Level::callbacks; }));
  reader.reset();
  ASSERT_TRUE(comes_true([&] { return level() == Level::phases; }));
}

TEST_F(ReaderTest, GivesWayToWhoLooksHoweverMuchThereIsToRead) {
  options_.iterations_per_s = 1e6;
  options_.callbacks_per_iteration = 30;
  options_.blocking_ns = 0;
  const Program program(options_);
  const auto reader = read(program, Level::off);
  std::int64_t now_ns = 0;
  for (int i = 0; i < 200; ++i) {
    const Reader::Look source = reader->look();
    EXPECT_GE(source->now_ns(), now_ns);
    now_ns = source->now_ns();
  }
  EXPECT_GT(now_ns, 0);
}

TEST_F(ReaderTest, NothingIsReadWhileSomebodyLooks) {
  const Program program(options_);
  const auto reader = read(program, Level::off);
  const Reader::Look source = reader->look();
  const std::uint64_t before = source->events();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(source->events(), before);
}

TEST_F(ReaderTest, GoesOnReadingWhileTheViewIsHeld) {
  const Program program(options_);
  const auto reader = read(program, Level::off);
  ASSERT_TRUE(comes_true([&] { return reader->look()->events() > 100; }));
  reader->look()->hold();
  const std::int64_t held_ns = reader->look()->now_ns();
  const std::uint64_t polls = reader->look()->model().polls().last();
  const std::uint64_t before = reader->look()->events();
  ASSERT_TRUE(comes_true([&] { return reader->look()->events() > before + 100; }));
  EXPECT_EQ(reader->look()->now_ns(), held_ns);
  EXPECT_EQ(reader->look()->model().polls().last(), polls);
  reader->look()->let_go();
  EXPECT_GT(reader->look()->now_ns(), held_ns);
  EXPECT_GT(reader->look()->model().polls().last(), polls);
}

TEST_F(ReaderTest, CanBeMadeAndEndedAtAnyTime) {
  const Program program(options_);
  for (int i = 0; i < 50; ++i) {
    const auto reader = read(program, Level::tasks);
    if (i % 2 == 0)
      (void)reader->look()->now_ns();
  }
}

}  // namespace
}  // namespace loopscope::gui

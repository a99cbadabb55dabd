#include "gui/timeline/rows.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "gui/timeline/timeline_layout.h"
#include "tests/gui/synthetic_session.h"

namespace loopscope::gui {
namespace {

constexpr std::int64_t kMs = 1'000'000;

/// The timeline of a made-up program that ran for a third of a second.
class RowsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/dev/shm/loopscope-test-XXXXXX";
    ASSERT_NE(mkdtemp(pattern), nullptr);
    options_.directory = pattern;
    options_.level = tracer::Level::tasks;
    options_.gil_wait_share = 1;
    std::string error;
    program_ = testing::SyntheticSession::create(options_, error);
    ASSERT_NE(program_, nullptr) << error;
    program_->run(300 * kMs);
    auto opened = tracer::Session::open(program_->path());
    ASSERT_NE(opened.session, nullptr) << opened.message;
    source_ = std::make_unique<TraceSource>(std::move(opened.session), tracer::Level::off);
    while (source_->step()) {
    }
    const std::int64_t first = source_->model().first_event_ns();
    TimelineRequest request;
    request.area = {100, 0, 1100, 400};
    request.now_ns = source_->now_ns();
    layout_ = lay_out(source_->model(), Viewport(first, source_->model().last_event_ns(), 100, 1100), request);
  }
  void TearDown() override {
    source_.reset();
    program_.reset();
    std::filesystem::remove_all(options_.directory);
  }

  /// The tooltip of the strip's first mark; its lines as one text.
  std::string first_words(const Row& row, std::size_t strip) {
    const Strip& there = row.strips().at(strip);
    const auto hit = row.hit(*source_, rect_of(there, there.marks.at(0)).centre());
    std::string text;
    for (const std::string& line : hit ? hit->lines : Lines{}) text += line + "\n";
    return text;
  }

  testing::SyntheticOptions options_;
  std::unique_ptr<testing::SyntheticSession> program_;
  std::unique_ptr<TraceSource> source_;
  TimelineLayout layout_;
};

bool has(const std::string& text, const char* words) {
  return text.find(words) != std::string::npos;
}

TEST_F(RowsTest, EachKindOfRowSaysWhatLiesUnderTheMouse) {
  const Rows& rows = layout_.rows;
  EXPECT_TRUE(has(first_words(rows.get<IterationsRow>(), 0), "iteration"));
  EXPECT_TRUE(has(first_words(rows.get<BytesRow>(), 0), " read\n"));
  EXPECT_TRUE(has(first_words(rows.get<BytesRow>(), 1), " written\n"));
  EXPECT_TRUE(has(first_words(rows.get<GilWaitRow>(), 0), "for the GIL after a poll"));
  EXPECT_TRUE(has(first_words(rows.get<CallbacksRow>(), 0), " · ran "));
  EXPECT_TRUE(has(first_words(rows.get<TasksRow>(), 0), "task step · ran "));
  EXPECT_NE(first_words(rows.get<PhasesRow>(), 0), "");
}

TEST_F(RowsTest, TheReadyQueueSaysItsDepthAtAnyPlace) {
  const ReadyRow& ready = layout_.rows.get<ReadyRow>();
  const Rect area = ready.strips().at(0).area;
  const auto hit = ready.hit(*source_, area.centre());
  ASSERT_TRUE(hit);
  EXPECT_TRUE(has(hit->lines.at(0), "ready"));
  EXPECT_FALSE(ready.hit(*source_, {area.centre().x, area.y1 + 1})) << "below the row";
}

TEST_F(RowsTest, AClickSelectsCallbacksAndStepsOfTasksAndNothingElse) {
  std::set<const Row*> selectable;
  for (const Row* row : layout_.rows.all()) {
    for (const Strip& strip : row->strips()) {
      for (const Mark& mark : strip.marks) {
        const auto hit = row->hit(*source_, rect_of(strip, mark).centre());
        if (!hit || !hit->outline)
          continue;
        selectable.insert(row);
        EXPECT_NE(hit->name, tracer::kNoName);
      }
    }
  }
  const std::set<const Row*> expected{&layout_.rows.get<CallbacksRow>(), &layout_.rows.get<TasksRow>()};
  EXPECT_EQ(selectable, expected);
}

TEST_F(RowsTest, RowsThatNeedCallbacksLieBelowEachOther) {
  // The timeline hatches them as one area at level phases.
  std::string order;
  for (const Row* row : layout_.rows.all()) order += row->traits().level >= tracer::Level::callbacks ? 'c' : '.';
  EXPECT_EQ(order.find('.', order.find('c')), order.rfind('c') + 1) << order;
}

}  // namespace
}  // namespace loopscope::gui

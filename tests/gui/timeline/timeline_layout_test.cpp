#include "gui/timeline/timeline_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "gui/timeline/folding.h"
#include "tests/tracer/analysis/events.h"

namespace loopscope::gui {
namespace {

using testing::CallbackKind;
using testing::kMs;
using testing::kSecond;
using testing::kStart;
using testing::kUs;
using testing::Phase;
using testing::PollReason;
using testing::Trace;

constexpr Rect kArea{100, 50, 1100, 400};

template <typename Kind>
const Strip& strip_of(const TimelineLayout& layout) {
  return layout.rows.get<Kind>().strips().at(0);
}

const ReadyRow& ready_row(const TimelineLayout& layout) {
  return layout.rows.get<ReadyRow>();
}

std::vector<Strip> strips_of(const TimelineLayout& layout) {
  std::vector<Strip> strips;
  for (const Row* row : layout.rows.all()) strips.insert(strips.end(), row->strips().begin(), row->strips().end());
  return strips;
}

TimelineLayout laid_out(const tracer::TraceModel& model, std::int64_t begin, std::int64_t end) {
  TimelineRequest request;
  request.area = kArea;
  request.now_ns = end;
  return lay_out(model, Viewport(begin, end, kArea.x0, kArea.x1), request);
}

/// A server with mixed work: one callback of 3 ms among thousands of 5 µs.
Trace busy(int iterations) {
  std::mt19937 random(11);
  Trace trace;
  for (int i = 0; i < iterations; ++i) {
    trace.put(testing::EventType::phase_begin, Phase::idle, 4);
    for (int c = 0; c < 4; ++c) {
      const std::int64_t work =
          i == iterations / 2 && c == 2 ? 3 * kMs : 3 * kUs + static_cast<std::int64_t>(random() % 4000);
      trace.callback(1 + c, work, trace.t - 30 * kUs, CallbackKind::task_step, 1 + random() % 9).wait(kUs);
    }
    trace.put(testing::EventType::phase_end, Phase::idle, 4);
    trace.poll_begin(5, PollReason::until_timer, kUs)
        .wait(static_cast<std::int64_t>(random() % (300 * 1000)))
        .poll_wake(2 * kUs)
        .wait(10 * kUs)
        .poll_end(1);
  }
  return trace;
}

TEST(TimelineLayout, PutsNothingOutsideItsArea) {
  const Trace trace = busy(3000);
  const auto model = trace.model();
  for (std::int64_t span = 10 * kUs; span < 2 * (trace.t - kStart); span *= 3) {
    const std::int64_t middle = kStart + (trace.t - kStart) / 2;
    const TimelineLayout layout = laid_out(model, middle - span / 2, middle + span / 2);
    for (const Strip& strip : strips_of(layout)) {
      EXPECT_GE(strip.area.y0, kArea.y0);
      EXPECT_LE(strip.area.y1, kArea.y1 + 0.5F);
      for (const Mark& mark : strip.marks) {
        ASSERT_GE(mark.x0, kArea.x0);
        ASSERT_LE(mark.x1, kArea.x1);
        ASSERT_LE(mark.x0, mark.x1);
        ASSERT_GE(mark.y0, 0);
        ASSERT_LE(mark.y1, 1.0001F);
      }
    }
    for (const auto& line : ready_row(layout).lines()) {
      for (const Point& point : line) {
        ASSERT_GE(point.y, strip_of<ReadyRow>(layout).area.y0 - 0.01F);
        ASSERT_LE(point.y, strip_of<ReadyRow>(layout).area.y1 + 0.01F);
      }
    }
  }
}

TEST(TimelineLayout, LetsNoTwoMarksOfARowOverlap) {
  const Trace trace = busy(3000);
  const auto model = trace.model();
  for (std::int64_t span = 10 * kUs; span < 2 * (trace.t - kStart); span *= 2) {
    const TimelineLayout layout = laid_out(model, trace.t - span, trace.t);
    for (const Strip& strip : strips_of(layout)) {
      for (std::size_t i = 1; i < strip.marks.size(); ++i) {
        const Mark& left = strip.marks[i - 1];
        const Mark& right = strip.marks[i];
        if (strip.label == "Phases" && left.x0 == right.x0 && left.x1 == right.x1) {
          ASSERT_GE(right.y0, left.y1 - 1e-4F) << "a pile";
        } else {
          ASSERT_GE(right.x0, left.x1 - 1e-3F);
        }
      }
    }
  }
}

TEST(TimelineLayout, RowsDoNotOverlapEither) {
  const auto model = busy(200).model();
  for (const float height : {120.0F, 200.0F, 280.0F, 350.0F, 600.0F}) {
    TimelineRequest request;
    request.area = {100, 0, 1100, height};
    const TimelineLayout layout = lay_out(model, Viewport(kStart, kStart + kSecond, 100, 1100), request);
    const std::vector<Strip> strips = strips_of(layout);
    for (const Strip& one : strips) {
      for (const Strip& other : strips) {
        const bool apart = one.area.y1 <= other.area.y0 + 0.01F || other.area.y1 <= one.area.y0 + 0.01F;
        EXPECT_TRUE(apart || &one == &other) << one.label << " and " << other.label << " at " << height;
      }
    }
  }
}

TEST(TimelineLayout, CountsEverySliceInViewOnce) {
  const Trace trace = busy(2000);
  const auto model = trace.model();
  for (std::int64_t span = 100 * kUs; span < 2 * (trace.t - kStart); span *= 5) {
    const std::int64_t begin = trace.t - span;
    const TimelineLayout layout = laid_out(model, begin, trace.t);
    std::uint64_t expected = 0;
    for (std::uint64_t i = model.callbacks().first(); i < model.callbacks().last(); ++i) {
      expected += model.callbacks()[i].end_ns >= begin && model.callbacks()[i].begin_ns < trace.t ? 1U : 0U;
    }
    std::uint64_t counted = 0;
    for (const Mark& mark : strip_of<CallbacksRow>(layout).marks) counted += mark.count;
    EXPECT_EQ(counted, expected) << span;
  }
}

TEST(TimelineLayout, NeverHidesASpike) {
  const Trace trace = busy(20'000);
  const auto model = trace.model();
  const TimelineLayout layout = laid_out(model, kStart, trace.t);
  std::int64_t worst = 0;
  for (const Mark& mark : strip_of<CallbacksRow>(layout).marks) worst = std::max(worst, mark.worst_ns);
  EXPECT_EQ(worst, 3 * kMs);
}

tracer::TraceModel whole(const Trace& trace) {
  tracer::TraceModel::Limits limits;
  limits.history_ns = 1000 * kSecond;
  limits.slice_limit = 2'000'000;
  return trace.model(limits);
}

/// Slices and summaries read so far, in all rows.
std::uint64_t looks_at(const tracer::TraceModel& model) {
  std::uint64_t looks = model.iterations().looks() + model.phases().looks() + model.callbacks().looks() +
                        model.reads().looks() + model.writes().looks() + model.gil_waits().looks() +
                        model.ready_depths().looks();
  for (const auto& [object, track] : model.tasks()) looks += track.steps.looks();
  for (const auto& [name, track] : model.coroutines()) looks += track.steps.looks();
  return looks;
}

/// What laying out a whole trace costs.
std::uint64_t cost_of(const Trace& trace) {
  const auto model = whole(trace);
  const std::uint64_t before = looks_at(model);
  laid_out(model, kStart, trace.t);
  return looks_at(model) - before;
}

TEST(TimelineLayout, MarksFollowPixelsAndNotEvents) {
  const Trace trace = busy(100'000);
  const auto model = whole(trace);
  const auto marks = [&](std::int64_t span) {
    std::size_t most = 0;
    for (const Strip& strip : strips_of(laid_out(model, trace.t - span, trace.t))) {
      const std::size_t piles = strip.label == "Phases" ? 13 : 1;
      most = std::max(most, strip.marks.size() / piles);
    }
    return most;
  };
  for (std::int64_t span = kMs; span < trace.t - kStart; span *= 4)
    EXPECT_LE(marks(span), static_cast<std::size_t>(2 * kArea.width() / kFoldPx) + 4) << span;
}

TEST(TimelineLayout, CostsPixelsAndNotEvents) {
  const std::uint64_t of_100_000_callbacks = cost_of(busy(25'000));
  const std::uint64_t of_400_000_callbacks = cost_of(busy(100'000));
  EXPECT_LT(of_400_000_callbacks, of_100_000_callbacks * 3);
}

TEST(TimelineLayout, DrawsFoldedPhasesAsSharesOfTheRow) {
  const Trace trace = busy(3000);
  const TimelineLayout layout = laid_out(trace.model(), kStart, trace.t);
  const Strip& strip = strip_of<PhasesRow>(layout);
  ASSERT_FALSE(strip.marks.empty());
  float reached = 0;
  const Mark* last = nullptr;
  for (const Mark& mark : strip.marks) {
    if (mark.open)
      continue;
    if (last != nullptr && mark.x0 != last->x0) {
      ASSERT_NEAR(reached, 1, 1e-3) << "a pile reaches the bottom";
    }
    reached = mark.y1;
    last = &mark;
  }
}

TEST(TimelineLayout, DoesNotShimmerWhenItIsPanned) {
  const Trace trace = busy(5000);
  const auto model = trace.model();
  const std::int64_t middle = kStart + (trace.t - kStart) / 2;
  const auto inner = [&](std::int64_t shift) {
    std::vector<std::pair<std::int64_t, std::uint64_t>> marks;
    const TimelineLayout layout = laid_out(model, middle - 100 * kMs + shift, middle + 100 * kMs + shift);
    for (const Mark& mark : strip_of<CallbacksRow>(layout).marks) {
      if (mark.begin_ns > middle - 50 * kMs && mark.end_ns < middle + 50 * kMs)
        marks.emplace_back(mark.begin_ns, mark.count);
    }
    return marks;
  };
  EXPECT_EQ(inner(0), inner(77'777));
  EXPECT_EQ(inner(0), inner(-1'234'567));
}

TEST(TimelineLayout, DrawsWhatIsOpenUpToNow) {
  Trace trace;
  trace.phase(Phase::timers, kMs).put(testing::EventType::phase_begin, Phase::idle, 1).callback_begin(4);
  const TimelineLayout layout = laid_out(trace.model(), trace.t - 10 * kMs, trace.t + 10 * kMs);
  const Strip& strip = strip_of<CallbacksRow>(layout);
  ASSERT_EQ(strip.marks.size(), 1U);
  EXPECT_TRUE(strip.marks[0].open);
  EXPECT_NEAR(strip.marks[0].x1, kArea.x1, 1);
}

TEST(TimelineLayout, RaisesTheReadyQueueWhileOneCallbackKeepsOthersWaiting) {
  Trace trace;
  trace.sleep(kMs).callback(1, 30 * kMs);
  for (int i = 0; i < 20; ++i) trace.callback(2, 10 * kUs, trace.t - (20 - i) * kMs);
  const TimelineLayout layout = laid_out(trace.model(), kStart, trace.t + kMs);
  EXPECT_EQ(ready_row(layout).peak(), 20U);
}

TEST(TimelineLayout, CountsAllThatAreReadyHoweverManyRunLater) {
  Trace trace;
  trace.sleep(kMs).callback(1, 30 * kMs);
  const std::int64_t ready = trace.t - 5 * kMs;
  const std::int64_t view_end = trace.t;
  for (int i = 0; i < 6000; ++i) trace.callback(2, 10 * kUs, ready);
  const TimelineLayout layout = laid_out(trace.model(), kStart, view_end);
  EXPECT_EQ(ready_row(layout).peak(), 6000U);
}

/// Is anything known of the queue at a time of a view [begin, end)?
bool depth_known(const TimelineLayout& layout, std::int64_t begin, std::int64_t end, std::int64_t t) {
  const auto& depths = ready_row(layout).depths();
  const double share = static_cast<double>(t - begin) / static_cast<double>(end - begin);
  return depths[static_cast<std::size_t>(share * static_cast<double>(depths.size()))] != kNotKnown;
}

TEST(TimelineLayout, DrawsTheReadyQueueWhereItIsKnown) {
  Trace trace;
  trace.sleep(100 * kMs).callback(1, kMs, trace.t - kMs);
  auto model = trace.model();
  model.lose(9);
  Trace after;
  after.t = trace.t + 100 * kMs;
  after.sleep(100 * kMs).put(testing::EventType::phase_begin, Phase::idle, 1).callback_begin(4);
  for (const auto& event : after.events) model.add(event);
  const std::int64_t begin = kStart - 100 * kMs;
  const std::int64_t end = after.t + 100 * kMs;
  const TimelineLayout layout = laid_out(model, begin, end);
  EXPECT_FALSE(depth_known(layout, begin, end, kStart - 50 * kMs)) << "before the trace began";
  EXPECT_TRUE(depth_known(layout, begin, end, kStart + 50 * kMs));
  EXPECT_FALSE(depth_known(layout, begin, end, trace.t + 50 * kMs)) << "in a gap";
  EXPECT_TRUE(depth_known(layout, begin, end, after.t - 50 * kMs));
  EXPECT_FALSE(depth_known(layout, begin, end, after.t + 50 * kMs))
      << "a callback runs: nobody sees what is queued";
  EXPECT_EQ(ready_row(layout).lines().size(), 2U);
}

TEST(TimelineLayout, SaysWhichPartOfARowIsNoLongerKept) {
  Trace trace;
  for (int i = 0; i < 4'000; ++i) {
    trace.put(testing::EventType::phase_begin, Phase::idle, 1);
    trace.callback(2, kMs, trace.t - kUs).put(testing::EventType::phase_end, Phase::idle, 1).sleep(kMs);
  }
  tracer::TraceModel::Limits limits;
  limits.slice_limit = 1'000;
  auto model = trace.model(limits);
  model.forget(trace.t);
  const std::int64_t kept = model.callbacks().dropped_until_ns();
  ASSERT_GT(kept, kStart);
  ASSERT_LT(model.callbacks()[model.callbacks().first()].begin_ns - kept, 2 * kMs);
  const TimelineLayout layout = laid_out(model, kStart, trace.t);
  const Viewport viewport(kStart, trace.t, kArea.x0, kArea.x1);
  EXPECT_NEAR(strip_of<CallbacksRow>(layout).kept_x, viewport.to_x(kept), 1);
  EXPECT_GT(strip_of<CallbacksRow>(layout).marks.front().x0, viewport.to_x(kept) - 1);
  EXPECT_FALSE(depth_known(layout, kStart, trace.t, kept - 500 * kMs)) << "unknown, and not 0";
  EXPECT_TRUE(depth_known(layout, kStart, trace.t, kept + 500 * kMs));
  const TimelineLayout all = laid_out(trace.model(), kStart, trace.t);
  EXPECT_EQ(strip_of<CallbacksRow>(all).kept_x, kArea.x0);
  EXPECT_EQ(strip_of<ReadyRow>(all).kept_x, kArea.x0);
}

TEST(TimelineLayout, DoesNotKnowTheReadyQueueWhileNothingIsRecorded) {
  Trace trace;
  trace.sleep(100 * kMs).poll_begin(-1, PollReason::forever);
  TimelineRequest request;
  request.area = kArea;
  request.now_ns = trace.t + 200 * kMs;
  request.off = {{trace.t + 50 * kMs, request.now_ns}};
  const std::int64_t end = request.now_ns;
  const TimelineLayout layout = lay_out(trace.model(), Viewport(kStart, end, kArea.x0, kArea.x1), request);
  EXPECT_TRUE(depth_known(layout, kStart, end, trace.t + 20 * kMs));
  EXPECT_FALSE(depth_known(layout, kStart, end, trace.t + 150 * kMs));
}

TEST(TimelineLayout, KnowsThatTheReadyQueueOfASleepingLoopIsEmpty) {
  Trace trace;
  trace.sleep(100 * kMs).poll_begin(-1, PollReason::forever);
  const std::int64_t end = trace.t + 300 * kMs;
  TimelineRequest request;
  request.area = kArea;
  request.now_ns = trace.t + 200 * kMs;
  const TimelineLayout layout = lay_out(trace.model(), Viewport(kStart, end, kArea.x0, kArea.x1), request);
  EXPECT_TRUE(depth_known(layout, kStart, end, trace.t + 150 * kMs));
  EXPECT_FALSE(depth_known(layout, kStart, end, trace.t + 250 * kMs)) << "the future";
}

TEST(TimelineLayout, DrawsTheStepThatATaskMakesNow) {
  Trace trace;
  trace.callback(2, kMs, 0, CallbackKind::task_step, 8).sleep(kMs);
  trace.put(testing::EventType::phase_begin, Phase::idle, 1).callback_begin(2, 0, CallbackKind::task_step, 8);
  auto model = trace.model();
  model.forget(trace.t);
  const TimelineLayout layout = laid_out(model, kStart, trace.t + 20 * kMs);
  const Strip& strip = strip_of<TasksRow>(layout);
  ASSERT_EQ(strip.marks.size(), 2U);
  EXPECT_TRUE(strip.marks[1].open);
  EXPECT_NEAR(strip.marks[1].x1, kArea.x1, 1);
}

TEST(TimelineLayout, DrawsATaskThatHangsForLongerThanTheView) {
  Trace trace;
  trace.put(testing::EventType::phase_begin, Phase::idle, 1).callback_begin(2, 0, CallbackKind::task_step, 8);
  auto model = trace.model();
  model.forget(trace.t + 90 * kSecond);
  const TimelineLayout layout = laid_out(model, trace.t + 88 * kSecond, trace.t + 90 * kSecond);
  const Strip& strip = strip_of<TasksRow>(layout);
  ASSERT_EQ(strip.marks.size(), 1U);
  EXPECT_NEAR(strip.marks[0].x1 - strip.marks[0].x0, kArea.width(), 1);
}

TEST(TimelineLayout, CountsFoldedPhasesEachForItself) {
  Trace trace;
  for (int i = 0; i < 40; ++i)
    trace.phase(Phase::timers, 2 * kUs)
        .phase(Phase::idle, i == 7 ? 50 * kUs : 5 * kUs)
        .phase(Phase::idle, 5 * kUs);
  const TimelineLayout layout = laid_out(trace.model(), kStart - 500 * kMs, kStart + 500 * kMs);
  std::uint64_t timers = 0;
  std::uint64_t idle = 0;
  std::int64_t idle_ns = 0;
  std::int64_t worst_idle_ns = 0;
  for (const Mark& mark : strip_of<PhasesRow>(layout).marks) {
    if (mark.activity == tracer::Activity::timers)
      timers += mark.count;
    if (mark.activity == tracer::Activity::idle) {
      idle += mark.count;
      idle_ns += mark.total_ns;
      worst_idle_ns = std::max(worst_idle_ns, mark.worst_ns);
    }
  }
  EXPECT_EQ(timers, 40U);
  EXPECT_EQ(idle, 80U);
  EXPECT_EQ(idle_ns, 445 * kUs);
  EXPECT_EQ(worst_idle_ns, 50 * kUs);
}

TEST(TimelineLayout, KeepsBytesApartFromDurations) {
  Trace trace;
  trace.sleep(kMs);
  for (int i = 0; i < 3; ++i) trace.put(testing::EventType::bytes_read, Phase::poll, 1000);
  const TimelineLayout layout = laid_out(trace.model(), kStart, kStart + 2 * kMs);
  const Strip& strip = strip_of<BytesRow>(layout);
  ASSERT_EQ(strip.marks.size(), 1U);
  EXPECT_EQ(strip.marks[0].bytes, 3000U);
  EXPECT_EQ(strip.marks[0].worst_ns, 0);
}

TEST(TimelineLayout, MarksTheWaitOfATask) {
  Trace trace;
  trace.callback(1, 30 * kMs);
  trace.callback(2, kMs, kStart + 2 * kMs, CallbackKind::task_step, 8);
  const TimelineLayout layout = laid_out(trace.model(), kStart, trace.t);
  const auto& waits = layout.rows.get<TasksRow>().waits();
  ASSERT_EQ(waits.size(), 1U);
  ASSERT_EQ(waits[0].size(), 1U);
  EXPECT_EQ(waits[0][0].waited_ns, 28 * kMs);
}

TEST(TimelineLayout, DrawsGaps) {
  Trace trace;
  trace.sleep(kMs);
  auto model = trace.model();
  model.lose(9);
  Trace after;
  after.t = trace.t + 50 * kMs;
  after.sleep(kMs);
  for (const auto& event : after.events) model.add(event);
  const TimelineLayout layout = laid_out(model, kStart, after.t);
  ASSERT_EQ(layout.gaps.size(), 1U);
  EXPECT_EQ(layout.gaps[0].gap.events, 9U);
  EXPECT_GT(layout.gaps[0].x1 - layout.gaps[0].x0, 900);
}

TEST(TimelineLayout, OfNothingIsRowsWithoutMarks) {
  const TimelineLayout layout = laid_out(tracer::TraceModel(), kStart, kStart + kSecond);
  EXPECT_FALSE(strips_of(layout).empty());
  EXPECT_EQ(layout.slices, 0U);
}

TEST(TimelineLayout, FindsTheMarkUnderTheMouse) {
  Trace trace;
  trace.callback(1, 10 * kMs).wait(10 * kMs).callback(2, 10 * kMs);
  const TimelineLayout layout = laid_out(trace.model(), kStart, trace.t);
  const Strip& strip = strip_of<CallbacksRow>(layout);
  const float y = strip.area.centre().y;
  ASSERT_NE(nearest_mark(strip, {kArea.x0 + 20, y}, false), nullptr);
  EXPECT_EQ(nearest_mark(strip, {kArea.x0 + 20, y}, false)->index, 0U);
  EXPECT_EQ(nearest_mark(strip, {kArea.x0 + 500, y}, false), nullptr);
  EXPECT_EQ(nearest_mark(strip, {kArea.x0 + 990, y}, false)->index, 1U);
}

}  // namespace
}  // namespace loopscope::gui

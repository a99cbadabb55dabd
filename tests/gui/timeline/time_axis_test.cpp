#include "gui/timeline/time_axis.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <set>

namespace loopscope::gui {
namespace {

TEST(TimeAxis, HasTwoToTenTicksAtAnyZoomAndWidth) {
  for (const float width : {300.0F, 640.0F, 1000.0F, 2000.0F, 3800.0F}) {
    for (double span = 2'000; span < 1.2e11; span *= 1.13) {
      const std::int64_t begin = 1'000'000'000'000 + static_cast<std::int64_t>(span * 0.377);
      const Viewport viewport(begin, begin + static_cast<std::int64_t>(span), 50, 50 + width);
      const auto ticks = time_axis(viewport, begin + static_cast<std::int64_t>(span), 110, "now");
      ASSERT_GE(ticks.size(), 2U) << span << " on " << width;
      ASSERT_LE(ticks.size(), 10U) << span << " on " << width;
    }
  }
}

TEST(TimeAxis, KeepsTicksInViewInOrderAndEvenlyApart) {
  const Viewport viewport(123'456'789, 987'654'321, 0, 1000);
  const auto ticks = time_axis(viewport, 987'654'321, 110, "now");
  for (std::size_t i = 0; i < ticks.size(); ++i) {
    EXPECT_GE(ticks[i].x, 0);
    EXPECT_LE(ticks[i].x, 1000.5F);
    if (i > 1) {
      EXPECT_EQ(ticks[i].t_ns - ticks[i - 1].t_ns, ticks[1].t_ns - ticks[0].t_ns);
    }
  }
}

TEST(TimeAxis, GivesEveryTickALabelOfItsOwn) {
  for (double span = 2'000; span < 1.2e11; span *= 1.7) {
    const std::int64_t end = 50'000'000'000'000;
    const Viewport viewport(end - static_cast<std::int64_t>(span), end, 0, 1200);
    std::set<std::string> labels;
    const auto ticks = time_axis(viewport, end, 110, "now");
    for (const AxisTick& tick : ticks) labels.insert(tick.label);
    EXPECT_EQ(labels.size(), ticks.size()) << span;
    EXPECT_TRUE(labels.contains("now")) << span;
  }
}

TEST(TimeAxis, StepsAreOneTwoOrFiveTimesAPowerOfTen) {
  for (double least = 1; least < 1e11; least *= 1.31) {
    const std::int64_t step = round_step(least);
    EXPECT_GE(static_cast<double>(step), least);
    std::int64_t mantissa = step;
    while (mantissa % 10 == 0) mantissa /= 10;
    EXPECT_TRUE(mantissa == 1 || mantissa == 2 || mantissa == 5) << step;
  }
}

TEST(TimeAxis, WritesAsManyDigitsAsTheStepNeeds) {
  EXPECT_EQ(axis_label(-40'000'000, 20'000'000), "-40 ms");
  EXPECT_EQ(axis_label(-1'500'000'000, 500'000'000), "-1.5 s");
  EXPECT_EQ(axis_label(12'000, 2'000), "+12 µs");
}

TEST(TimeAxis, EndsAtTheEndOfAllTimes) {
  for (const std::int64_t at : {INT64_MIN, std::int64_t{0}, tracer::kLatestNs, INT64_MAX}) {
    Viewport viewport(0, 2'000'000'000, 0, 1000);
    viewport.follow(at);
    for (const std::int64_t origin : {INT64_MIN, std::int64_t{0}, viewport.end_ns(), INT64_MAX})
      EXPECT_LE(time_axis(viewport, origin, 110, "now").size(), 11U) << at << " from " << origin;
  }
  EXPECT_GT(round_step(1e300), 0);
}

}  // namespace
}  // namespace loopscope::gui

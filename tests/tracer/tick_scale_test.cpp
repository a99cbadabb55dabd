#include "tracer/tick_scale.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <thread>

#include "tests/tracer/sessions.h"
#include "tracer/clock.h"

namespace loopscope::tracer {
namespace {

constexpr ClockAnchor kFirst{1'000'000, 5'000'000};

TEST(TickScale, OfTheMonotonicClockIsOneToOne) {
  const TickScale scale(ClockSource::monotonic, {});
  EXPECT_EQ(scale.to_ns(123), 123);
  EXPECT_TRUE(scale.rate_known());
}

TEST(TickScale, PassesThroughBothAnchors) {
  TickScale scale(ClockSource::tsc, kFirst);
  const ClockAnchor second{4'000'000, 6'000'000};  // 3 ticks a ns
  scale.fit(second, second);
  EXPECT_EQ(scale.to_ns(kFirst.ticks), 5'000'000);
  EXPECT_EQ(scale.to_ns(second.ticks), 6'000'000);
  EXPECT_EQ(scale.to_ns(2'500'000), 5'500'000);
  EXPECT_EQ(scale.to_ns(7'000'000), 7'000'000) << "also beyond them";
  EXPECT_EQ(scale.duration_ns(300), 100);
}

TEST(TickScale, DoesNotKnowItsRateBeforeTheSecondAnchor) {
  TickScale scale(ClockSource::tsc, kFirst);
  EXPECT_FALSE(scale.rate_known());
  EXPECT_EQ(scale.to_ns(kFirst.ticks), 5'000'000);
  scale.fit({4'000'000, 6'000'000}, kFirst);
  EXPECT_TRUE(scale.rate_known());
}

TEST(TickScale, IgnoresAnchorsThatMakeNoSense) {
  TickScale scale(ClockSource::tsc, kFirst);
  for (const ClockAnchor bad : {ClockAnchor{0, 0}, kFirst, ClockAnchor{UINT64_MAX, 5'000'001},
                                ClockAnchor{1'000'001, UINT64_MAX}, ClockAnchor{2'000'000, 4'000'000}}) {
    scale.fit(bad, bad);
    EXPECT_FALSE(scale.rate_known());
  }
}

TEST(TickScale, KeepsAbsurdTicksWithinBounds) {
  TickScale scale(ClockSource::tsc, {UINT64_MAX / 2, UINT64_MAX});
  for (const std::uint64_t ticks : {std::uint64_t{0}, UINT64_MAX}) {
    EXPECT_LT(scale.to_ns(ticks), INT64_MAX);
    EXPECT_GT(scale.to_ns(ticks), INT64_MIN);
  }
}

TEST(TickScale, OfAYoungSessionTellsTheTimeToAMicrosecond) {
  const testing::Recording recording(Level::phases);
  recording.session->calibrate();
  for (int i = 0; i < 100; ++i) {
    const auto before = monotonic_ns();
    const auto ticks = recording.recorder->ticks();
    const auto after = monotonic_ns();
    const auto told = recording.session->to_ns(ticks);
    if (after - before > 2000)
      continue;  // we were interrupted in between
    EXPECT_GE(told, static_cast<std::int64_t>(before) - 1000);
    EXPECT_LE(told, static_cast<std::int64_t>(after) + 1000);
  }
}

TEST(Clock, AnchorsAreTheSameInstantOnBothClocks) {
  const auto first = take_anchor(ClockSource::monotonic);
  EXPECT_EQ(first.ticks, first.monotonic_ns);
  const auto source = preferred_clock_source();
  const auto before = take_anchor(source);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto after = take_anchor(source);
  TickScale scale(source, before);
  scale.fit(after, after);
  const auto now = take_anchor(source);
  EXPECT_NEAR(static_cast<double>(scale.to_ns(now.ticks)), static_cast<double>(now.monotonic_ns), 5000);
}

}  // namespace
}  // namespace loopscope::tracer

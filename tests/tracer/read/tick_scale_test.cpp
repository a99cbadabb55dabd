#include "tracer/read/tick_scale.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <thread>

#include "tests/tracer/sessions.h"
#include "tracer/read/trace_time.h"
#include "tracer/system/clock.h"

namespace loopscope::tracer {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kSecond = 1'000 * kMs;

/// A counter of three ticks a ns, that began when the clock showed a second.
std::uint64_t ticks_at(std::uint64_t ns, std::uint64_t stood_still_ns = 0) {
  return 3 * (ns + stood_still_ns);
}
ClockAnchor anchor_at(std::uint64_t ns, std::uint64_t stood_still_ns = 0) {
  return {ticks_at(ns, stood_still_ns), ns};
}
constexpr ClockAnchor kFirst{3'000'000'000, 1'000'000'000};

std::int64_t signed_ns(std::uint64_t ns) {
  return static_cast<std::int64_t>(ns);
}

/// What is said of an instant is off by no more than a µs.
void expect_told(const TickScale& scale, std::uint64_t ns, std::uint64_t stood_still_ns = 0) {
  EXPECT_NEAR(static_cast<double>(scale.to_ns(ticks_at(ns, stood_still_ns))), static_cast<double>(ns), 1000);
}

TEST(TickScale, OfTheMonotonicClockIsOneToOne) {
  const TickScale scale(ClockSource::monotonic, {});
  EXPECT_EQ(scale.to_ns(123), 123);
  EXPECT_TRUE(scale.rate_known());
}

TEST(TickScale, PassesThroughAllAnchors) {
  TickScale scale(ClockSource::tsc, kFirst);
  scale.add(anchor_at(kSecond + 10 * kMs), 0);
  scale.add({ticks_at(2 * kSecond) + 300, 2 * kSecond}, 0);
  scale.fit();
  EXPECT_EQ(scale.to_ns(kFirst.ticks), signed_ns(kSecond));
  EXPECT_EQ(scale.to_ns(ticks_at(kSecond + 5 * kMs)), signed_ns(kSecond + 5 * kMs));
  EXPECT_EQ(scale.to_ns(ticks_at(2 * kSecond) + 300), signed_ns(2 * kSecond));
  EXPECT_NEAR(static_cast<double>(scale.to_ns(ticks_at(3 * kSecond))), 3e9, 1000) << "also beyond them";
  EXPECT_NEAR(static_cast<double>(scale.to_ns(ticks_at(kSecond / 2))), 5e8, 1000) << "and before them";
  EXPECT_EQ(scale.duration_ns(300), 99);
}

TEST(TickScale, DoesNotKnowItsRateBeforeTheSecondAnchor) {
  TickScale scale(ClockSource::tsc, kFirst);
  EXPECT_FALSE(scale.rate_known());
  EXPECT_EQ(scale.to_ns(kFirst.ticks), signed_ns(kSecond));
  scale.follow(anchor_at(kSecond + 50'000), 0);
  EXPECT_TRUE(scale.rate_known()) << "a poor rate is better than none";
  expect_told(scale, kSecond + 20'000);
}

TEST(TickScale, LeavesOutAnchorsThatMakeNoSense) {
  TickScale scale(ClockSource::tsc, kFirst);
  for (const ClockAnchor bad : {ClockAnchor{0, 0}, kFirst, ClockAnchor{9 * kSecond, UINT64_MAX},
                                ClockAnchor{6 * kSecond, kSecond - 1}, anchor_at(kSecond + 10)}) {
    EXPECT_FALSE(scale.add(bad, 0));
    scale.fit();
    EXPECT_FALSE(scale.rate_known());
  }
}

TEST(TickScale, KeepsAbsurdTicksWithinBounds) {
  TickScale far(ClockSource::tsc, {UINT64_MAX / 2, UINT64_MAX});
  TickScale near(ClockSource::tsc, kFirst);
  near.add(anchor_at(2 * kSecond), 0);
  near.fit();
  const TickScale clock(ClockSource::monotonic, {});
  for (const TickScale& scale : {far, near, clock}) {
    for (const std::uint64_t ticks :
         {std::uint64_t{0}, std::uint64_t{INT64_MAX}, std::uint64_t{INT64_MAX} + 1, UINT64_MAX}) {
      EXPECT_GE(scale.to_ns(ticks), 0);
      EXPECT_LE(scale.to_ns(ticks), kLatestNs);
      EXPECT_GE(scale.duration_ns(ticks), 0);
      EXPECT_LE(scale.duration_ns(ticks), kLatestNs);
    }
  }
}

TEST(TickScale, TellsTheTimeOnBothSidesOfASuspend) {
  // An anchor a second. Between the third and the fourth the machine stood still for ten, half a second after the third.
  constexpr std::uint64_t kStill = 10 * kSecond;
  TickScale scale(ClockSource::tsc, kFirst);
  for (const std::uint64_t second : {2, 3}) scale.add(anchor_at(second * kSecond), 0);
  scale.add(anchor_at(4 * kSecond, kStill), ticks_at(3'500 * kMs, kStill));
  scale.add(anchor_at(5 * kSecond, kStill), 0);
  scale.fit();
  expect_told(scale, 2'500 * kMs);
  expect_told(scale, 3'400 * kMs);
  expect_told(scale, 3'500 * kMs, kStill);
  expect_told(scale, 3'550 * kMs, kStill);
  expect_told(scale, 4'500 * kMs, kStill);
  expect_told(scale, 9'000 * kMs, kStill);
  EXPECT_NEAR(static_cast<double>(scale.jump_ns(ticks_at(3'400 * kMs), ticks_at(3'500 * kMs, kStill))), 1e10, 1e4);
  EXPECT_EQ(scale.jump_ns(ticks_at(2 * kSecond), ticks_at(3 * kSecond)), 0);
  EXPECT_EQ(scale.jump_ns(ticks_at(4 * kSecond, kStill), ticks_at(9 * kSecond, kStill)), 0);
}

TEST(TickScale, OfTwoRatesTheOneWithFewerTicksIsTrue) {
  // The file has two anchors only, with a suspend between them; the reader's own shows the true rate.
  constexpr std::uint64_t kStill = 20 * kSecond;
  TickScale scale(ClockSource::tsc, kFirst);
  scale.add(anchor_at(6 * kSecond, kStill), ticks_at(3 * kSecond, kStill));
  scale.add(anchor_at(9 * kSecond, kStill), 0);
  scale.fit();
  expect_told(scale, 2 * kSecond);
  expect_told(scale, 3 * kSecond, kStill);
  expect_told(scale, 3'050 * kMs, kStill);
  EXPECT_NEAR(static_cast<double>(scale.duration_ns(3 * kSecond)), 1e9, 1000);
}

TEST(TickScale, TellsTheTimeAfterACounterThatBeganAnew) {
  TickScale scale(ClockSource::tsc, {ticks_at(900 * kSecond), 900 * kSecond});
  scale.add(anchor_at(901 * kSecond), 0);
  scale.add(anchor_at(902 * kSecond), 0);
  const auto anew = [](std::uint64_t ns) { return 3 * (ns - 902 * kSecond); };
  scale.add({anew(903 * kSecond), 903 * kSecond}, anew(902'500 * kMs));
  scale.add({anew(904 * kSecond), 904 * kSecond}, 0);
  scale.fit();
  expect_told(scale, 901'500 * kMs);
  EXPECT_NEAR(static_cast<double>(scale.to_ns(anew(902'600 * kMs))), 902.6e9, 1000);
  EXPECT_NEAR(static_cast<double>(scale.to_ns(anew(903'500 * kMs))), 903.5e9, 1000);
  EXPECT_LT(scale.jump_ns(ticks_at(902 * kSecond), anew(902'600 * kMs)), 0);
}

TEST(TickScale, FollowsTheClocksForHoursAndNoticesASuspendAtOnce) {
  TickScale scale(ClockSource::tsc, kFirst);
  for (std::uint64_t ns = kSecond; ns < 100 * kSecond; ns += 16 * kMs) {
    const auto now = anchor_at(ns);
    if (!scale.is_fresh(now))
      scale.follow(now, 0);
    EXPECT_FALSE(scale.jumps_to(now));
  }
  const auto resumed = anchor_at(100 * kSecond, 3 * kSecond);
  EXPECT_TRUE(scale.jumps_to(resumed));
  EXPECT_FALSE(scale.is_fresh(resumed));
  scale.follow(resumed, resumed.ticks);
  expect_told(scale, 100 * kSecond - 20 * kMs);
  expect_told(scale, 100 * kSecond, 3 * kSecond);
  expect_told(scale, 100'050 * kMs, 3 * kSecond);
}

TEST(TickScale, TakesASlewedClockForNoSuspend) {
  // NTP makes the clock run faster or slower by up to 500 ppm.
  TickScale scale(ClockSource::tsc, kFirst);
  for (std::uint64_t second = 2; second < 60; ++second)
    scale.add({ticks_at(second * kSecond), second * kSecond + second * 500'000}, 0);
  scale.fit();
  EXPECT_EQ(scale.jump_ns(kFirst.ticks, ticks_at(100 * kSecond)), 0);
}

TEST(TickScale, OfAYoungSessionTellsTheTimeToAMicrosecond) {
  const testing::Recording recording(Level::phases);
  recording.session->calibrate();
  for (int i = 0; i < 100; ++i) {
    const auto before = monotonic_ns();
    const auto ticks = recording.recorder->ticks();
    const auto after = monotonic_ns();
    recording.session->calibrate();
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
  TickScale scale(source, before);
  scale.follow(take_anchor(source), 0);
  const auto now = take_anchor(source);
  EXPECT_NEAR(static_cast<double>(scale.to_ns(now.ticks)), static_cast<double>(now.monotonic_ns), 5000);
}

TEST(Clock, TheCounterIsUsedOnlyWhereTheKernelRunsOnItToo) {
  for (const auto* source : {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page", ""})
    EXPECT_TRUE(kernel_trusts_counter(source)) << source;
  for (const auto* source : {"hpet", "acpi_pm", "jiffies", "arch_sys_counter"})
    EXPECT_FALSE(kernel_trusts_counter(source)) << source;
}

}  // namespace
}  // namespace loopscope::tracer

#include "tracer/write/cost_calibration.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "tests/tracer/sessions.h"

namespace loopscope::tracer::testing {
namespace {

TEST(CostCalibration, FindsAPriceForEverything) {
  const auto costs = measure_recording_costs(1);
  ASSERT_TRUE(costs);
  for (const double ns : costs->ns) {
    EXPECT_TRUE(std::isfinite(ns));
    EXPECT_GT(ns, 0);
  }
}

TEST(CostCalibration, WhatRecordsMoreCostsMore) {
  const auto costs = measure_recording_costs(3);
  ASSERT_TRUE(costs);
  EXPECT_GT(costs->of(Recorded::iteration), costs->of(Recorded::phase));
  EXPECT_GT(costs->of(Recorded::task_step), costs->of(Recorded::queued_callback));
  EXPECT_GT(costs->of(Recorded::queued_callback), costs->of(Recorded::timer_callback));
  EXPECT_GT(costs->of(Recorded::io_callback), costs->of(Recorded::transfer));
  EXPECT_GT(costs->of(Recorded::counted_io), costs->of(Recorded::counted));
}

TEST(CostCalibration, LeavesNoSessionThatCouldBeListed) {
  const SessionDirectory directory;
  ASSERT_TRUE(measure_recording_costs(1));
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

TEST(CostCalibration, NeedsNoDirectoryForSessions) {
  setenv("LOOPSCOPE_DIR", "/nowhere/at/all", 1);
  EXPECT_TRUE(measure_recording_costs(1));
  unsetenv("LOOPSCOPE_DIR");
}

}  // namespace
}  // namespace loopscope::tracer::testing

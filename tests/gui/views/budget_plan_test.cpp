#include "gui/views/budget_plan.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

TEST(BudgetPlan, NeverShowsMoreRowsThanFit) {
  for (std::size_t rows = 0; rows < 30; ++rows) {
    const BudgetPlan plan = plan_budget(rows);
    EXPECT_EQ(plan.activities + (plan.cpu_wait ? 1U : 0U) + (plan.recording ? 1U : 0U), rows);
  }
}

TEST(BudgetPlan, WhereTheSecondWentComesFirst) {
  EXPECT_EQ(plan_budget(3).activities, 3U);
  EXPECT_FALSE(plan_budget(3).recording);
  EXPECT_TRUE(plan_budget(4).recording);
  EXPECT_TRUE(plan_budget(6).cpu_wait);
}

}  // namespace
}  // namespace loopscope::gui

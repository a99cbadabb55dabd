#pragma once
/// Which rows of "Where the last second went" a card shows. Pure. Thread: any. Errors: none.

#include <algorithm>
#include <cstddef>

namespace loopscope::gui {

struct BudgetPlan {
  std::size_t activities = 0;  ///< rows for what the second went to
  bool cpu_wait = false;
  bool recording = false;
};

/// `rows`: how many rows fit whole. Where the second went comes first, because the two estimates are also in the header.
inline BudgetPlan plan_budget(std::size_t rows) {
  const bool recording = rows >= 4;
  const bool cpu_wait = rows >= 6;
  return {rows - (recording ? 1 : 0) - (cpu_wait ? 1 : 0), cpu_wait, recording};
}

}  // namespace loopscope::gui

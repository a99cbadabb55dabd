#include "gui/model/steady_findings.h"

#include <algorithm>
#include <cstddef>

namespace loopscope::gui {

using tracer::Finding;
using tracer::FindingRule;

namespace {

bool is_of_the_present(FindingRule rule) {
  return tracer::is_about_now(rule) || rule == FindingRule::waiting_for_gil ||
         rule == FindingRule::waiting_for_cpu || rule == FindingRule::never_sleeps;
}

bool same(const Finding& left, const Finding& right) {
  return left.rule == right.rule && left.name == right.name;
}

/// What held the loop has ended, and is now a callback that held it.
bool became(const Finding& before, const Finding& now) {
  return before.rule == FindingRule::loop_hangs && now.rule == FindingRule::callback_held_loop &&
         before.name == now.name;
}

}  // namespace

std::vector<Finding> steady_findings(const std::vector<Finding>& before, const std::vector<Finding>& now) {
  std::vector<Finding> steady;
  std::vector<bool> used(now.size(), false);
  const auto take = [&](const auto& fits) {
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (used[i] || !fits(now[i]))
        continue;
      used[i] = true;
      steady.push_back(now[i]);
      return true;
    }
    return false;
  };
  for (const Finding& old : before) {
    const bool found = take([&old](const Finding& other) { return same(old, other); }) ||
                       take([&old](const Finding& other) { return became(old, other); });
    const bool shown =
        std::any_of(steady.begin(), steady.end(), [&old](const Finding& other) { return same(old, other); });
    if (!found && !shown && !is_of_the_present(old.rule))
      steady.push_back(old);
  }
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (!used[i])
      steady.push_back(now[i]);
  }
  return steady;
}

}  // namespace loopscope::gui

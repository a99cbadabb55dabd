#include "gui/model/steady_findings.h"

#include <algorithm>
#include <cstddef>

#include "gui/model/steady_order.h"

namespace loopscope::gui {

using tracer::Finding;
using tracer::FindingRule;

namespace {

bool is_of_the_present(FindingRule rule) {
  return tracer::is_about_now(rule) || rule == FindingRule::waiting_for_gil ||
         rule == FindingRule::waiting_for_cpu || rule == FindingRule::never_sleeps;
}

/// What a finding is about.
struct Subject {
  FindingRule rule;
  tracer::NameId name;
  bool operator==(const Subject&) const = default;
};

Subject subject_of(const Finding& finding) {
  return {finding.rule, finding.name};
}

bool has(const std::vector<Finding>& findings, const Subject& subject) {
  return std::any_of(findings.begin(), findings.end(),
                     [&subject](const Finding& finding) { return subject_of(finding) == subject; });
}

}  // namespace

const Finding* same_finding(const std::vector<Finding>& now, const Finding& before) {
  const Finding* found = nullptr;
  for (const FindingRule rule : {before.rule, FindingRule::callback_held_loop}) {
    for (const Finding& finding : now) {
      if (subject_of(finding) != Subject{rule, before.name})
        continue;
      if (found == nullptr || finding.begin_ns == before.begin_ns)
        found = &finding;
    }
    if (found != nullptr || before.rule != FindingRule::loop_hangs)
      break;
  }
  return found;
}

std::vector<Finding> steady_findings(const std::vector<Finding>& before, const std::vector<Finding>& now) {
  std::vector<Finding> all = now;
  std::vector<Subject> subjects;
  for (const Finding& finding : now) {
    const Subject hang{FindingRule::loop_hangs, finding.name};
    const bool became = finding.rule == FindingRule::callback_held_loop && has(before, hang) && !has(now, hang);
    subjects.push_back(became ? hang : subject_of(finding));
  }
  std::vector<Subject> places;
  for (const Finding& old : before) {
    places.push_back(subject_of(old));
    if (same_finding(now, old) != nullptr || is_of_the_present(old.rule))
      continue;
    all.push_back(old);
    subjects.push_back(places.back());
  }
  std::vector<Finding> steady;
  for (const std::size_t i : steady_order(places, subjects)) steady.push_back(all[i]);
  return steady;
}

}  // namespace loopscope::gui

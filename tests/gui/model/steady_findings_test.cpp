#include "gui/model/steady_findings.h"

#include <gtest/gtest.h>

#include <string>

namespace loopscope::gui {
namespace {

using tracer::Finding;
using tracer::FindingRule;
using Titles = std::vector<std::string>;

Finding held(const std::string& title, tracer::NameId name) {
  Finding finding{FindingRule::callback_held_loop, tracer::Severity::alarm, title, {}, {}, name, 1, 2, 1};
  return finding;
}

Finding hangs(const std::string& title, tracer::NameId name) {
  Finding finding = held(title, name);
  finding.rule = FindingRule::loop_hangs;
  return finding;
}

Titles titles(const std::vector<Finding>& findings) {
  Titles all;
  for (const Finding& finding : findings) all.push_back(finding.title);
  return all;
}

TEST(SteadyFindings, ANewHoldDoesNotTakeThePlaceUnderTheMouse) {
  const std::vector<Finding> before{held("report, 200 ms", 1), held("save, 20 ms", 2)};
  const std::vector<Finding> now{held("save, 21 ms", 2), held("load, 12 ms", 3), held("report, 200 ms", 1)};
  EXPECT_EQ(titles(steady_findings(before, now)), (Titles{"report, 200 ms", "save, 21 ms", "load, 12 ms"}));
}

TEST(SteadyFindings, AFindingThatIsTooOldKeepsItsPlace) {
  const std::vector<Finding> before{held("report", 1), held("save", 2)};
  EXPECT_EQ(titles(steady_findings(before, {held("save", 2)})), (Titles{"report", "save"}));
}

TEST(SteadyFindings, NothingIsSaidToHoldTheLoopAfterItHasEnded) {
  const std::vector<Finding> before{hangs("report holds the loop", 1), held("save", 2), held("report held", 1)};
  const std::vector<Finding> now{held("save", 2), held("report held longer", 1)};
  EXPECT_EQ(titles(steady_findings(before, now)), (Titles{"report held longer", "save"}));
  EXPECT_EQ(titles(steady_findings({hangs("report holds the loop", 1)}, {})), Titles{});
}

TEST(SteadyFindings, WhatIsSaidOfTheLastSecondGoesWithIt) {
  for (const FindingRule rule :
       {FindingRule::waiting_for_cpu, FindingRule::waiting_for_gil, FindingRule::never_sleeps}) {
    Finding of_the_second = held("in the last second", 1);
    of_the_second.rule = rule;
    EXPECT_EQ(titles(steady_findings({of_the_second, held("save", 2)}, {held("save", 2)})), Titles{"save"});
  }
}

TEST(SteadyFindings, OneFindingIsNotAnotherOfTheSameMoment) {
  Finding lost = held("events were lost", tracer::kNoName);
  lost.rule = FindingRule::events_lost;
  Finding gil = lost;
  gil.rule = FindingRule::waiting_for_gil;
  EXPECT_EQ(same_finding({gil}, lost), nullptr);
  EXPECT_EQ(same_finding({gil, lost}, lost)->rule, FindingRule::events_lost);
  Finding late = held("report was late", 1);
  late.rule = FindingRule::timer_late;
  EXPECT_EQ(same_finding({late, held("report held", 1)}, hangs("report holds", 1))->title, "report held");
  EXPECT_EQ(same_finding({late}, held("report held", 1)), nullptr);
}

TEST(SteadyFindings, WithoutAListBeforeTheWorstIsFirst) {
  EXPECT_EQ(titles(steady_findings({}, {held("b", 2), held("a", 1)})), (Titles{"b", "a"}));
}

}  // namespace
}  // namespace loopscope::gui

#include "gui/views/help_text.h"

#include <gtest/gtest.h>

#include <set>

namespace loopscope::gui {
namespace {

TEST(HelpText, ExplainsEveryKeyThatTheAppKnows) {
  std::set<Key> explained;
  for (const HelpKey& line : help_keys()) explained.insert(line.all.begin(), line.all.end());
  EXPECT_EQ(explained.size(), kKeyCount);
}

TEST(HelpText, EveryLineSaysSomething) {
  for (const HelpKey& line : help_keys()) EXPECT_FALSE(line.keys.empty() || line.does.empty());
  for (const HelpGesture& line : help_gestures()) EXPECT_FALSE(line.where.empty() || line.does.empty());
  for (const HelpSign& line : help_signs()) EXPECT_FALSE(line.means.empty());
}

TEST(HelpText, SaysWhichBlueIsTheIdlePhase) {
  bool found = false;
  for (const HelpSign& line : help_signs()) {
    if (line.activity == tracer::Activity::idle) {
      found = true;
      EXPECT_NE(line.means.find("ready queue"), std::string::npos);
      EXPECT_NE(line.means.find("idle"), std::string::npos);
    }
  }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace loopscope::gui

#include "gui/timeline/timeline_words.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

using tracer::Level;

bool says(const std::string& text, const char* word) {
  return text.find(word) != std::string::npos;
}

TEST(TimelineWords, BelowCallbacksTheTimelineLacksWhatTheGraphsStillCount) {
  const std::string text = not_recorded_text(Level::phases);
  EXPECT_TRUE(says(text, "Single callbacks")) << text;
  EXPECT_TRUE(says(text, "not recorded at level phases")) << text;
  EXPECT_TRUE(says(text, "The graphs count")) << text;
}

TEST(TimelineWords, AtLevelOffNothingIsCounted) {
  EXPECT_EQ(not_recorded_text(Level::off), "Nothing is recorded at level off.");
  EXPECT_EQ(not_recorded_text(Level::callbacks), "");
}

}  // namespace
}  // namespace loopscope::gui

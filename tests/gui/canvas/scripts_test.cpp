#include "gui/canvas/scripts.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

bool everything(char32_t) {
  return true;
}
bool only_latin(char32_t c) {
  return c < 0x250 || c == U'…';
}

TEST(Scripts, WhatTheFontHasIsDrawnAsItIs) {
  EXPECT_EQ(drawable("render", only_latin), "render");
  EXPECT_EQ(drawable("größe…", only_latin), "größe…");
  EXPECT_EQ(drawable("受信", everything), "受信");
}

TEST(Scripts, WhatNoFontHasIsAnEscapeAndNeverAQuestionMark) {
  EXPECT_EQ(drawable("on_受信()", only_latin), "on_\\u53d7\\u4fe1()");
  EXPECT_EQ(drawable("🚀", only_latin), "\\U0001f680");
  EXPECT_EQ(drawable("\xff", only_latin), "\\ufffd");
}

TEST(Scripts, WhatIsWrittenFromTheRightIsTurned) {
  EXPECT_EQ(drawable("שלום", everything), "םולש");
  EXPECT_EQ(drawable("Task شي(1)", everything), "Task يش(1)");
}

TEST(Scripts, AnUnderscoreBetweenTwoWordsTurnsWithThem) {
  EXPECT_EQ(drawable("אב_גד()", everything), "דג_בא()");
}

TEST(Scripts, AMarkStaysWithItsLetter) {
  EXPECT_EQ(drawable("\u05d0\u05b8\u05d1", everything), "\u05d1\u05d0\u05b8");
}

}  // namespace
}  // namespace loopscope::gui

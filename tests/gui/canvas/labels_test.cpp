#include "gui/canvas/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace loopscope::gui {
namespace {

using ::testing::ElementsAre;

/// Every character is 10 pixels wide.
float wide(std::string_view text) {
  return 10.0F *
         static_cast<float>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

TEST(Labels, WhatFitsIsNotCut) {
  EXPECT_EQ(cut_end("report", 60, wide), "report");
  EXPECT_EQ(cut_front("report", 60, wide), "report");
  EXPECT_EQ(cut_middle("report", 60, wide), "report");
}

TEST(Labels, WhatDoesNotFitEndsWithAnEllipsisAndUsesTheRoom) {
  EXPECT_EQ(cut_end("render_report", 60, wide), "rende…");
  EXPECT_EQ(cut_front("render_report", 60, wide), "…eport");
  EXPECT_EQ(cut_middle("render_report", 60, wide), "ren…rt");
}

TEST(Labels, NoCharacterIsCutInTwo) {
  EXPECT_EQ(cut_end("受信ループ", 30, wide), "受信…");
  EXPECT_EQ(cut_front("受信ループ", 30, wide), "…ープ");
}

TEST(Labels, WithoutRoomForOneCharacterThereIsNoLabel) {
  EXPECT_EQ(cut_end("render", 19, wide), "");
  EXPECT_EQ(cut_front("render", 0, wide), "");
}

TEST(Labels, TextIsBrokenAtSpaces) {
  EXPECT_THAT(wrap("render held the loop", 120, 9, wide), ElementsAre("render held", "the loop"));
  EXPECT_THAT(wrap("render held the loop", 120, 1, wide), ElementsAre("render held the loop"));
  EXPECT_THAT(wrap("", 120, 9, wide), ElementsAre());
}

TEST(Labels, ANumberKeepsItsUnit) {
  EXPECT_THAT(wrap("held the loop for 63.6 ms", 220, 9, wide), ElementsAre("held the loop for", "63.6 ms"));
}

TEST(Labels, AWordThatIsTooWideDoesNotTakeTheRestOfTheSentenceWithIt) {
  EXPECT_THAT(wrap("Task shop.orders.refresh_prices held the loop for 31.2 ms", 150, 9, wide),
              ElementsAre("Task", "…refresh_prices", "held the loop", "for 31.2 ms"));
}

TEST(Labels, NamesWithOneEndAreToldApartByTheirBeginning) {
  const std::vector<std::string> names{"orders.refresh_prices", "stocks.refresh_prices", "quotes.refresh_prices"};
  const auto labels = cut_apart(names, {0, 0, 0}, 75, wide);
  EXPECT_NE(labels[0], labels[1]);
  EXPECT_NE(labels[1], labels[2]);
  EXPECT_NE(labels[0], labels[2]);
  for (const std::string& label : labels) EXPECT_LE(wide(label), 75);
}

TEST(Labels, NamesThatTheirEndTellsApartAreCutAtTheFront) {
  EXPECT_THAT(cut_apart({"shop.load_users", "shop.load_items"}, {0, 0}, 70, wide),
              ElementsAre("…_users", "…_items"));
}

TEST(Labels, TasksOfOneCoroutineCarryTheirNumber) {
  EXPECT_THAT(cut_apart({"serve_client", "serve_client", "beat"}, {4, 17, 9}, 80, wide),
              ElementsAre("…ient #4", "…ent #17", "beat"));
}

TEST(Labels, SpreadLabelsDoNotOverlapAndStayInOrder) {
  EXPECT_THAT(spread({30, 32, 70}, 15, 0, 100), ElementsAre(23.5F, 38.5F, 70));
  EXPECT_THAT(spread({90, 95, 99}, 15, 0, 100), ElementsAre(62.5F, 77.5F, 92.5F));
  EXPECT_THAT(spread({1, 2}, 10, 0, 100), ElementsAre(5, 15));
}

}  // namespace
}  // namespace loopscope::gui

#include "gui/model/table_words.h"

#include <gtest/gtest.h>

namespace loopscope::gui {
namespace {

using tracer::Level;

TEST(TableWords, AnEmptyTableSaysWhy) {
  EXPECT_EQ(empty_table_text("Callbacks", Level::phases, Level::callbacks, "No callback has run yet."),
            "Callbacks are not recorded at level phases.");
  EXPECT_EQ(empty_table_text("Callbacks", Level::tasks, Level::callbacks, "No callback has run yet."),
            "No callback has run yet.");
}

TEST(TableWords, ATableThatCountsNoMoreDoesNotSayThatItDoes) {
  EXPECT_EQ(counting_text(4'600'000'000, Level::callbacks), "counted for 4.6 s");
  EXPECT_EQ(counting_text(4'600'000'000, Level::phases), "not counting at level phases");
}

TEST(TableWords, SaysHowManyTasksOfThoseAliveAreShown) {
  EXPECT_EQ(tasks_shown_text(512, 3204, TasksKnown::all), "512 of 3 204 alive");
  EXPECT_EQ(tasks_shown_text(512, 512, TasksKnown::all), "");
}

TEST(TableWords, SaysWhichTasksItCannotKnow) {
  EXPECT_EQ(tasks_shown_text(6, 6, TasksKnown::since_level), "tasks without a step at this level are missing");
  EXPECT_EQ(tasks_shown_text(512, 600, TasksKnown::since_level),
            "512 of 600 alive · tasks without a step at this level are missing");
  EXPECT_EQ(tasks_shown_text(0, 3204, TasksKnown::by_steps), "tasks without a step in the last minute are missing")
      << "how many live is known at level tasks alone";
}

TEST(TableWords, ATabCountsNothingThatIsNotKnown) {
  EXPECT_EQ(tab_count_text(1'300, true), "1 300");
  EXPECT_EQ(tab_count_text(0, true), "0");
  EXPECT_EQ(tab_count_text(13, false), "≥ 13");
  EXPECT_EQ(tab_count_text(0, false), "");
}

TEST(TableWords, BytesThatMayHaveBeenMoreSaySo) {
  const HandleTraffic whole{4'100'000, 0, 5, true};
  const HandleTraffic part{4'100'000, 0, 5, false};
  EXPECT_EQ(traffic_text(&whole, whole.bytes_in, Level::callbacks), "4.1 MB");
  EXPECT_EQ(traffic_text(&part, part.bytes_in, Level::callbacks), "≥ 4.1 MB");
}

TEST(TableWords, BytesThatNobodyCountedAreNotZero) {
  const HandleTraffic part{4'100'000, 0, 5, false};
  const HandleTraffic whole{4'100'000, 0, 5, true};
  EXPECT_EQ(traffic_text(nullptr, 0, Level::callbacks), "–");
  EXPECT_EQ(traffic_text(&part, part.bytes_out, Level::callbacks), "–");
  EXPECT_EQ(traffic_text(&whole, whole.bytes_out, Level::callbacks), "0 B");
  EXPECT_EQ(traffic_text(&whole, whole.bytes_in, Level::phases), "–");
}

TEST(TableWords, SaysWhenAHandleWasLastActive) {
  const HandleTraffic handle{1, 0, 5'000'000, true};
  EXPECT_EQ(last_active_text(&handle, 17'000'000, Level::callbacks), "12.0 ms ago");
  EXPECT_EQ(last_active_text(&handle, 17'000'000, Level::phases), "–");
  EXPECT_EQ(last_active_text(nullptr, 17'000'000, Level::callbacks), "–");
}

}  // namespace
}  // namespace loopscope::gui

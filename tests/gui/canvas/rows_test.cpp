#include "gui/canvas/rows.h"

#include <gtest/gtest.h>

#include <string>

namespace loopscope::gui {
namespace {

TEST(Rows, AreShownWholeOrNotAtAll) {
  EXPECT_EQ(whole_rows(100, 20), 5U);
  EXPECT_EQ(whole_rows(99, 20), 4U);
  EXPECT_EQ(whole_rows(19, 20), 0U);
  EXPECT_EQ(whole_rows(-5, 20), 0U);
}

TEST(Rows, BlocksThatAllFitNeedNoLineThatSaysSo) {
  EXPECT_EQ(whole_blocks({30, 30, 30}, 5, 100, 20, 0), (RowRange{0, 3}));
}

TEST(Rows, TheLineThatSaysHowManyAreMissingHasItsRoom) {
  EXPECT_EQ(whole_blocks({30, 30, 30}, 5, 99, 20, 0), (RowRange{0, 2})) << "30 + 5 + 30 and 20 for the line";
  EXPECT_EQ(whole_blocks({30, 30, 30}, 5, 84, 20, 0), (RowRange{0, 1}));
}

TEST(Rows, ScrollingReachesEveryBlockAndStopsAtTheLast) {
  const std::vector<float> heights{40, 20, 60, 30};
  std::vector<bool> seen(heights.size(), false);
  for (std::size_t first = 0; first < 10; ++first) {
    const RowRange shown = whole_blocks(heights, 5, 90, 20, first);
    ASSERT_LT(shown.first, shown.end);
    for (std::size_t i = shown.first; i < shown.end; ++i) seen[i] = true;
  }
  EXPECT_EQ(seen, std::vector<bool>(heights.size(), true));
  EXPECT_EQ(whole_blocks(heights, 5, 100, 0, 9), (RowRange{2, 4})) << "no room is left over at the end";
}

TEST(Rows, ABlockHigherThanTheRoomIsStillShown) {
  EXPECT_EQ(whole_blocks({300, 20}, 5, 90, 20, 0), (RowRange{0, 1}));
  EXPECT_EQ(whole_blocks({300, 20}, 5, 90, 20, 1), (RowRange{1, 2}));
  EXPECT_EQ(whole_blocks({}, 5, 90, 20, 1), (RowRange{0, 0}));
}

TEST(Rows, TellsWhatIsLeftForAPartOfTheNextBlock) {
  const std::vector<float> heights{80, 80, 80};
  EXPECT_FLOAT_EQ(room_for_the_next(heights, 10, 140, 20, {0, 1}), 30);
  EXPECT_FLOAT_EQ(room_for_the_next(heights, 10, 200, 20, {0, 2}), 20) << "no note below the last one";
  EXPECT_FLOAT_EQ(room_for_the_next(heights, 10, 90, 20, {0, 1}), 0);
  EXPECT_FLOAT_EQ(room_for_the_next(heights, 10, 300, 20, {0, 3}), 0);
}

}  // namespace
}  // namespace loopscope::gui

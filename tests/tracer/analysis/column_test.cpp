#include "tracer/analysis/column.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tracer/analysis/slices.h"

namespace loopscope::tracer {
namespace {

Column<IterationSlice> column_of(std::uint64_t count, std::int64_t step, std::int64_t duration) {
  Column<IterationSlice> column;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto begin = static_cast<std::int64_t>(i) * step;
    column.push({begin, begin + duration, i});
  }
  return column;
}

TEST(Column, FindsTheFirstSliceThatEndsAfterAMoment) {
  const auto column = column_of(1000, 10, 4);
  EXPECT_EQ(column.first_ending_after(-1), 0U);
  EXPECT_EQ(column.first_ending_after(3), 0U);
  EXPECT_EQ(column.first_ending_after(4), 1U);
  EXPECT_EQ(column.first_ending_after(5000), 500U);
  EXPECT_EQ(column.first_ending_after(1'000'000), column.last());
}

TEST(Column, FindsTheFirstSliceThatBeginsAtAMoment) {
  const auto column = column_of(1000, 10, 4);
  EXPECT_EQ(column.first_beginning_at(0), 0U);
  EXPECT_EQ(column.first_beginning_at(1), 1U);
  EXPECT_EQ(column.first_beginning_at(4990), 499U);
}

TEST(Column, TellsTheLongestOfAnyRangeAsALookAtEachWould) {
  std::mt19937 random(1);
  Column<IterationSlice> column;
  std::vector<std::int64_t> durations;
  std::int64_t t = 0;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    durations.push_back(static_cast<std::int64_t>(random() % 100'000));
    column.push({t, t + durations.back(), i});
    t += durations.back();
  }
  for (int trial = 0; trial < 500; ++trial) {
    const std::uint64_t from = random() % 3000;
    const std::uint64_t to = from + 1 + random() % (3000 - from);
    const auto longest =
        std::max_element(durations.begin() + static_cast<long>(from), durations.begin() + static_cast<long>(to));
    EXPECT_EQ(column.summarise(from, to).duration_ns, *longest);
    EXPECT_EQ(column.summarise(from, to).index, static_cast<std::uint64_t>(longest - durations.begin()));
  }
}

TEST(Column, ForgetsWhatIsOldAndKeepsItsIndices) {
  auto column = column_of(10'000, 10, 4);
  column.forget(50'000, 1'000'000);
  EXPECT_GT(column.first(), 4'000U);
  EXPECT_LE(column.first(), 5'001U);
  EXPECT_EQ(column[7'777].number, 7'777U);
  EXPECT_EQ(column.last(), 10'000U);
  column.push({100'000, 100'004, 10'000});
  EXPECT_EQ(column.back().number, 10'000U);
}

TEST(Column, NeverHoldsMuchMoreThanItsLimit) {
  Column<IterationSlice> column;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    column.push({static_cast<std::int64_t>(i), static_cast<std::int64_t>(i) + 1, i});
    if (i % 100 == 0)
      column.forget(0, 2'000);
    ASSERT_LE(column.size(), 2'000 + Column<IterationSlice>::kChunk);
  }
}

TEST(Column, OfNothingAnswersNothing) {
  const Column<IterationSlice> column;
  EXPECT_TRUE(column.empty());
  EXPECT_EQ(column.first_ending_after(0), column.last());
  EXPECT_EQ(column.summarise(0, 0).duration_ns, -1);
}

}  // namespace
}  // namespace loopscope::tracer

#include "tracer/analysis/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <random>

namespace loopscope::tracer {
namespace {

TEST(LatencyHistogram, IsExactBelow32Ns) {
  LatencyHistogram histogram;
  for (std::int64_t value = 0; value < 32; ++value) {
    EXPECT_EQ(LatencyHistogram::highest_of(LatencyHistogram::bucket_of(value)), value);
    histogram.add(value);
  }
  EXPECT_EQ(histogram.max(), 31);
}

TEST(LatencyHistogram, IsNeverBelowTheTruthAndLessThanOnePartIn32Above) {
  std::mt19937_64 random(3);
  for (int trial = 0; trial < 200'000; ++trial) {
    const auto value = static_cast<std::int64_t>(random() >> (24 + random() % 40));
    const std::int64_t answer = LatencyHistogram::highest_of(LatencyHistogram::bucket_of(value));
    ASSERT_GE(answer, value);
    ASSERT_LE(static_cast<double>(answer - value), static_cast<double>(value) / 32.0) << value;
  }
}

TEST(LatencyHistogram, AnswersQuantilesWithinItsError) {
  std::mt19937_64 random(5);
  std::lognormal_distribution<> spread(10, 2);
  std::vector<std::int64_t> values;
  LatencyHistogram histogram;
  for (int i = 0; i < 50'000; ++i) {
    values.push_back(static_cast<std::int64_t>(spread(random)));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const auto truth = static_cast<double>(values[static_cast<std::size_t>(q * 50'000) - 1]);
    EXPECT_GE(static_cast<double>(histogram.quantile(q)), truth);
    EXPECT_LE(static_cast<double>(histogram.quantile(q)), truth * 33 / 32 + 1);
  }
  EXPECT_EQ(histogram.max(), values.back());
}

TEST(LatencyHistogram, AnswersNoQuantileAboveItsLargestValue) {
  for (const std::int64_t value : {1, 33, 1'000, 12'345, 987'654'321}) {
    LatencyHistogram one;
    LatencyHistogram other;
    one.add(value);
    other.merge(one);
    EXPECT_EQ(one.max(), value);
    EXPECT_EQ(one.quantile(0.5), value);
    EXPECT_EQ(other.quantile(0.99), value);
  }
}

TEST(LatencyHistogram, BucketsFollowEachOtherWithoutHole) {
  for (std::size_t bucket = 0; bucket + 1 < LatencyHistogram::kBuckets; ++bucket) {
    const std::int64_t highest = LatencyHistogram::highest_of(bucket);
    ASSERT_EQ(LatencyHistogram::bucket_of(highest), bucket);
    ASSERT_EQ(LatencyHistogram::bucket_of(highest + 1), bucket + 1);
  }
}

TEST(LatencyHistogram, TakesNegativeAndHugeValues) {
  LatencyHistogram histogram;
  histogram.add(-5);
  EXPECT_EQ(histogram.max(), 0);
  histogram.add(INT64_MAX);
  EXPECT_EQ(histogram.max(), LatencyHistogram::kLargestNs);
}

TEST(LatencyHistogram, MergesAsIfAllWereAddedToOne) {
  LatencyHistogram one, other, both;
  for (std::int64_t i = 0; i < 1000; ++i) {
    (i % 3 == 0 ? one : other).add(i * i);
    both.add(i * i);
  }
  one.merge(other);
  EXPECT_EQ(one.count(), both.count());
  for (const double q : {0.1, 0.5, 0.99}) EXPECT_EQ(one.quantile(q), both.quantile(q));
}

TEST(LatencyHistogram, OfNothingAnswersZero) {
  EXPECT_EQ(LatencyHistogram().quantile(0.5), 0);
  EXPECT_EQ(LatencyHistogram().max(), 0);
}

}  // namespace
}  // namespace loopscope::tracer

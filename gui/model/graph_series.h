#pragma once
/// The last minute of a graph as numbers: buckets of the statistics in, runs of points out. Pure; the view paints them.
///
/// A bucket whose value is not known has no point and ends a run, so no line leads across it. A run covers the time of its
/// buckets: one bucket between unknown ones is a run of two points.
/// Thread: one. Errors: none; any `now_ns` will do. Cost: the buckets of a minute.

#include <cstdint>
#include <functional>
#include <vector>

#include "tracer/analysis/statistics.h"

namespace loopscope::gui {

inline constexpr std::int64_t kGraphNs = 60'000'000'000;

/// The value of a bucket; below 0: not known.
using BucketValue = std::function<double(const tracer::Statistics::Bucket&)>;

struct SeriesPoint {
  double age;  ///< of the bucket's end, and for the first point of a run of its begin: 0 is now, 1 a minute ago
  double value;
};
using SeriesRun = std::vector<SeriesPoint>;

/// The runs, oldest first. The newest bucket is left out, because it is still filling.
std::vector<SeriesRun> series_runs(const tracer::Statistics& statistics, const BucketValue& value,
                                   std::int64_t now_ns);

/// The largest value of those runs; 0 if there is none.
double largest_value(const tracer::Statistics& statistics, const BucketValue& value, std::int64_t now_ns);

/// The end of an axis: the smallest number at or above `value` that is 1, 1.5, 2, 3, 4, 5, 6 or 8 times a power of ten.
double round_up(double value);

}  // namespace loopscope::gui

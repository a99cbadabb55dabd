#include "gui/model/graph_series.h"

#include <algorithm>
#include <cmath>

#include "tracer/read/trace_time.h"

namespace loopscope::gui {

using tracer::Statistics;

std::vector<SeriesRun> series_runs(const Statistics& statistics, const BucketValue& value, std::int64_t now_ns) {
  constexpr std::int64_t kBucket = Statistics::kBucketNs;
  std::vector<SeriesRun> runs;
  bool broken = true;
  now_ns = tracer::bounded_ns(now_ns);
  const std::int64_t last = now_ns / kBucket;  // the bucket that is still filling
  for (std::int64_t number = std::max<std::int64_t>(last - kGraphNs / kBucket + 1, 0); number < last; ++number) {
    const Statistics::Bucket* bucket = statistics.bucket(number * kBucket);
    const double known = bucket == nullptr ? -1 : value(*bucket);
    if (known < 0) {
      broken = true;
      continue;
    }
    const auto age = [now_ns](std::int64_t at) {
      return static_cast<double>(now_ns - at * kBucket) / static_cast<double>(kGraphNs);
    };
    if (broken)
      runs.push_back({{age(number), known}});
    broken = false;
    runs.back().push_back({age(number + 1), known});
  }
  return runs;
}

double largest_value(const Statistics& statistics, const BucketValue& value, std::int64_t now_ns) {
  double most = 0;
  for (const SeriesRun& run : series_runs(statistics, value, now_ns))
    for (const SeriesPoint& point : run) most = std::max(most, point.value);
  return most;
}

double round_up(double value) {
  if (value <= 0)
    return 1;
  const double decade = std::pow(10.0, std::floor(std::log10(value)));
  for (const double factor : {1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0}) {
    if (decade * factor >= value)
      return decade * factor;
  }
  return decade * 10;
}

}  // namespace loopscope::gui

#include "tracer/analysis/recorded_series.h"

#include <algorithm>

#include "tracer/read/trace_time.h"

namespace loopscope::tracer {

void RecordedSeries::add(const TraceEvent& event) {
  if (event.t_ns < 0)
    return;
  if (pending_loss_ > 0)
    share_out_losses(event.t_ns);
  last_event_ns_ = event.t_ns;
  counts_of(event.t_ns / kBucketNs).add(event);
}

RecordedCounts RecordedSeries::sum(std::int64_t begin_ns, std::int64_t end_ns) const {
  RecordedCounts all;
  const std::int64_t end = (bounded_ns(end_ns) + kBucketNs - 1) / kBucketNs;
  const std::int64_t first = (bounded_ns(begin_ns) + kBucketNs - 1) / kBucketNs;
  for (std::int64_t number = std::max(first, end - kBucketCount); number < end; ++number) {
    const Bucket& bucket = buckets_[static_cast<std::size_t>(number % kBucketCount)];
    if (bucket.number == number)
      all.merge(bucket.counts);
  }
  return all;
}

RecordedCounts& RecordedSeries::counts_of(std::int64_t number) {
  Bucket& bucket = buckets_[static_cast<std::size_t>(number % kBucketCount)];
  if (bucket.number < number)
    bucket = {number, {}};
  return bucket.counts;
}

/// Spreads lost events evenly over the gap that they left, because it is not known when they were written.
void RecordedSeries::share_out_losses(std::int64_t until_ns) {
  const std::int64_t last = until_ns / kBucketNs;
  const std::int64_t first = std::clamp<std::int64_t>(last_event_ns_ / kBucketNs,
                                                      std::max<std::int64_t>(last - kBucketCount + 1, 0), last);
  const auto buckets = static_cast<std::uint64_t>(last - first + 1);
  for (std::int64_t number = first; number <= last; ++number) {
    const bool is_last = number == last;
    counts_of(number).lost +=
        is_last ? pending_loss_ - pending_loss_ / buckets * (buckets - 1) : pending_loss_ / buckets;
  }
  pending_loss_ = 0;
}

}  // namespace loopscope::tracer

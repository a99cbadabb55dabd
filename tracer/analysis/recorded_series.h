#pragma once
/// How much was recorded in each quarter of a second of the last minute.
///
/// Thread: one. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <array>
#include <cstdint>

#include "tracer/analysis/recording_cost.h"

namespace loopscope::tracer {

class RecordedSeries {
 public:
  static constexpr std::int64_t kBucketNs = 250'000'000;
  static constexpr std::int64_t kBucketCount = 256;

  void add(const TraceEvent& event);
  /// `count` events were lost between the last one and the next one.
  void lose(std::uint64_t count) { pending_loss_ += count; }
  /// The sum of the buckets that begin within [begin_ns, end_ns). Each counts whole.
  [[nodiscard]] RecordedCounts sum(std::int64_t begin_ns, std::int64_t end_ns) const;

 private:
  struct Bucket {
    std::int64_t number = -1;
    RecordedCounts counts;
  };
  RecordedCounts& counts_of(std::int64_t number);
  void share_out_losses(std::int64_t until_ns);

  std::array<Bucket, kBucketCount> buckets_{};
  std::int64_t last_event_ns_ = 0;
  std::uint64_t pending_loss_ = 0;
};

}  // namespace loopscope::tracer

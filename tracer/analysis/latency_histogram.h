#pragma once
/// Durations counted in logarithmic buckets, after the idea of HdrHistogram: 32 linear steps in each octave.
///
/// Error: quantile() answers at least the true value, less than 1/32 more than it, and never more than the largest value.
/// max() and values below 64 ns are exact. Values above about 18 minutes count as 18 minutes. Thread: one. Errors: none.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace loopscope::tracer {

class LatencyHistogram {
 public:
  static constexpr int kStepBits = 5;
  static constexpr std::int64_t kLargestNs = (std::int64_t{1} << 40) - 1;
  static constexpr std::size_t kBuckets = (40 - kStepBits + 1) << kStepBits;

  void add(std::int64_t value_ns) {
    const std::size_t bucket = bucket_of(value_ns);
    if (bucket >= counts_.size())
      counts_.resize(bucket + 1);
    ++counts_[bucket];
    ++count_;
    max_ = std::max(max_, std::min(value_ns, kLargestNs));
  }
  void merge(const LatencyHistogram& other) {
    if (other.counts_.size() > counts_.size())
      counts_.resize(other.counts_.size());
    for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
  }
  void clear() {
    counts_.clear();
    count_ = 0;
    max_ = 0;
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// The value that the share `q` (0..1) of all values does not exceed; 0 if empty.
  [[nodiscard]] std::int64_t quantile(double q) const {
    if (count_ == 0)
      return 0;
    const double wanted = q * static_cast<double>(count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen > 0 && static_cast<double>(seen) >= wanted)
        return std::min(highest_of(i), max_);
    }
    return max_;
  }
  [[nodiscard]] std::int64_t max() const { return max_; }

  static std::size_t bucket_of(std::int64_t value_ns) {
    if (value_ns < 0)
      value_ns = 0;
    if (value_ns > kLargestNs)
      value_ns = kLargestNs;
    const auto value = static_cast<std::uint64_t>(value_ns);
    const int octave = static_cast<int>(std::bit_width(value)) - 1 - kStepBits;
    if (octave <= 0)
      return static_cast<std::size_t>(value);
    return (static_cast<std::size_t>(octave) << kStepBits) + static_cast<std::size_t>(value >> octave);
  }
  /// The largest value that counts in `bucket`.
  static std::int64_t highest_of(std::size_t bucket) {
    const auto octave = static_cast<int>(bucket >> kStepBits) - 1;
    if (octave <= 0)
      return static_cast<std::int64_t>(bucket);
    const std::uint64_t step = (bucket & ((1U << kStepBits) - 1)) + (1U << kStepBits);
    return static_cast<std::int64_t>(((step + 1) << octave) - 1);
  }

 private:
  std::vector<std::uint32_t> counts_;  ///< up to the bucket of the largest value
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace loopscope::tracer

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace loopscope::bench {

/// Counts durations in buckets whose width grows with the value: exact to 1/128, never allocates.
class Histogram {
 public:
  void add(std::uint64_t ns) {
    ++buckets_[index_of(ns)];
    ++count_;
  }

  [[nodiscard]] std::uint64_t count() const { return count_; }

  /// The upper edge of the bucket below which `share` of all values lie; 0 if there are none.
  [[nodiscard]] std::uint64_t percentile_ns(double share) const {
    const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen > wanted || (seen == count_ && seen != 0))
        return upper_edge_ns(i);
    }
    return 0;
  }

 private:
  static constexpr unsigned kBits = 7;  // of a value that are kept

  static std::size_t index_of(std::uint64_t ns) {
    if (ns < (2U << kBits))
      return ns;
    const auto shift = static_cast<unsigned>(std::bit_width(ns)) - kBits - 1;
    return (std::size_t{shift} << kBits) + (ns >> shift);
  }

  static std::uint64_t upper_edge_ns(std::size_t index) {
    if (index < (2U << kBits))
      return index;
    const auto shift = (index >> kBits) - 1;
    return ((index - (shift << kBits) + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (66 - kBits) << kBits> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace loopscope::bench

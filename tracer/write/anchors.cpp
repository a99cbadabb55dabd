#include "tracer/write/anchors.h"

#include <algorithm>

namespace loopscope::tracer {
namespace {

constexpr std::uint64_t kFirstIntervalNs = 1'000'000;
constexpr std::uint64_t kLongestIntervalNs = 1'000'000'000;

}  // namespace

Anchors::Anchors(ClockSource source, const ClockAnchor& first)
    : source_(source), latest_(first), after_ticks_(ticks_of(kFirstIntervalNs)), interval_ns_(kFirstIntervalNs) {}

ClockAnchor Anchors::take() {
  const auto anchor = take_anchor(source_);
  learn_rate(anchor);
  latest_ = anchor;
  after_ticks_ = ticks_of(interval_ns_);
  interval_ns_ = std::min(interval_ns_ * 2, kLongestIntervalNs);
  return anchor;
}

void Anchors::learn_rate(const ClockAnchor& anchor) {
  if (anchor.ticks <= latest_.ticks || anchor.monotonic_ns < latest_.monotonic_ns + kFirstIntervalNs)
    return;
  const auto rate = static_cast<double>(anchor.ticks - latest_.ticks) /
                    static_cast<double>(anchor.monotonic_ns - latest_.monotonic_ns);
  ticks_per_ns_ = rate_known_ ? std::min(ticks_per_ns_, rate) : rate;
  rate_known_ = true;
}

}  // namespace loopscope::tracer

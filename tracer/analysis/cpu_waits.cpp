#include "tracer/analysis/cpu_waits.h"

#include <algorithm>
#include <iterator>

namespace loopscope::tracer {

void CpuWaits::add(const CpuSample& sample) {
  Point point{sample.before_ns, sample.after_ns, sample.ran_ns, sample.waited_ns, 0, sample.state, {},
              sample.after_ns};
  if (!points_.empty()) {
    const Point& last = points_.back();
    if (point.before_ns < last.after_ns || point.waited_ns < last.waited_ns || point.ran_ns < last.ran_ns)
      return;
    const std::int64_t passed = point.after_ns - last.before_ns;
    const std::int64_t counted = point.ran_ns - last.ran_ns + point.waited_ns - last.waited_ns;
    if (point.state == ThreadState::runnable)
      point.pending_ns = std::max<std::int64_t>(last.pending_ns + passed - counted, 0);
    const OffCpu more = between(last, point);
    point.off = {last.off.asleep_at_least_ns + more.asleep_at_least_ns,
                 last.off.stopped_at_least_ns + more.stopped_at_least_ns,
                 last.off.stopped_at_most_ns + more.stopped_at_most_ns};
    if (point.state == ThreadState::stopped && last.state == ThreadState::stopped)
      point.stopped_since_ns = last.stopped_since_ns;
  }
  points_.push_back(point);
}

/// A thread that slept at both samples may have run and waited in between, but the kernel has counted that.
OffCpu CpuWaits::between(const Point& earlier, const Point& later) {
  const std::int64_t least = std::max<std::int64_t>(later.before_ns - earlier.after_ns, 0);
  const std::int64_t counted = later.ran_ns - earlier.ran_ns + later.waited_ns - earlier.waited_ns;
  const auto both = [&](ThreadState state) { return earlier.state == state && later.state == state; };
  OffCpu off;
  if (both(ThreadState::asleep))
    off.asleep_at_least_ns = std::max<std::int64_t>(least - counted, 0);
  if (both(ThreadState::stopped))
    off.stopped_at_least_ns = std::max<std::int64_t>(least - counted, 0);
  if (earlier.state == ThreadState::stopped || later.state == ThreadState::stopped)
    off.stopped_at_most_ns = later.after_ns - earlier.before_ns;
  return off;
}

void CpuWaits::forget(std::int64_t before_ns) {
  while (points_.size() > 2 && points_[1].after_ns <= before_ns) points_.pop_front();
}

std::int64_t CpuWaits::at_most_ns(std::int64_t begin_ns, std::int64_t end_ns) const {
  if (points_.empty() || end_ns <= begin_ns)
    return 0;
  // From the last point that was certainly before the stretch to the first that was certainly after it.
  const auto later = std::partition_point(points_.begin(), points_.end(),
                                          [&](const Point& point) { return point.after_ns <= begin_ns; });
  const auto end = std::partition_point(points_.begin(), points_.end(),
                                        [&](const Point& point) { return point.before_ns <= end_ns; });
  // Before the first point all that the thread ever waited may lie in the stretch.
  const std::int64_t from = later == points_.begin() ? 0 : std::prev(later)->waited_ns;
  std::int64_t to = 0;
  if (end != points_.end()) {
    to = end->waited_ns;
  } else {  // all the time after the newest sample may have been a wait
    const Point& last = points_.back();
    to = last.waited_ns + last.pending_ns + end_ns - std::max(last.before_ns, begin_ns);
  }
  return std::clamp<std::int64_t>(to - from, 0, end_ns - begin_ns);
}

OnCpu CpuWaits::on_cpu(std::int64_t begin_ns, std::int64_t end_ns) const {
  const std::int64_t whole = std::max<std::int64_t>(end_ns - begin_ns, 0);
  OnCpu bounds{0, whole};
  const auto later = std::partition_point(points_.begin(), points_.end(),
                                          [&](const Point& point) { return point.after_ns <= begin_ns; });
  const auto end = std::partition_point(points_.begin(), points_.end(),
                                        [&](const Point& point) { return point.before_ns <= end_ns; });
  if (later != points_.begin()) {
    // Each sample after the stretch is a bound. One that was taken while the thread slept has everything counted.
    constexpr std::ptrdiff_t kMostSamples = 4;
    const std::int64_t from = std::prev(later)->ran_ns;
    const auto stop = end + std::min(kMostSamples, points_.end() - end);
    for (auto point = end; point != stop; ++point)
      bounds.at_most_ns = std::min(bounds.at_most_ns, point->ran_ns + point->pending_ns - from);
    const Point& last = points_.back();
    if (end == points_.end())  // all the time after the newest sample may have been on a CPU
      bounds.at_most_ns =
          std::min(bounds.at_most_ns, last.ran_ns + last.pending_ns + end_ns - last.before_ns - from);
  }
  const auto first = std::partition_point(points_.begin(), points_.end(),
                                          [&](const Point& point) { return point.before_ns < begin_ns; });
  const auto past = std::partition_point(points_.begin(), points_.end(),
                                         [&](const Point& point) { return point.after_ns <= end_ns; });
  if (past - first >= 2)
    bounds.at_least_ns = std::clamp<std::int64_t>(std::prev(past)->ran_ns - first->ran_ns - first->pending_ns, 0,
                                                  bounds.at_most_ns);
  return bounds;
}

OffCpu CpuWaits::off_cpu(std::int64_t begin_ns, std::int64_t end_ns) const {
  OffCpu off;
  if (points_.empty() || end_ns <= begin_ns)
    return off;
  const auto first = std::partition_point(points_.begin(), points_.end(),
                                          [&](const Point& point) { return point.before_ns < begin_ns; });
  const auto past = std::partition_point(points_.begin(), points_.end(),
                                         [&](const Point& point) { return point.after_ns <= end_ns; });
  if (past - first >= 2) {
    off.asleep_at_least_ns = std::prev(past)->off.asleep_at_least_ns - first->off.asleep_at_least_ns;
    off.stopped_at_least_ns = std::prev(past)->off.stopped_at_least_ns - first->off.stopped_at_least_ns;
  }
  const Point& from = first == points_.begin() ? *first : *std::prev(first);
  const Point& to = past == points_.end() ? points_.back() : *past;
  off.stopped_at_most_ns = to.off.stopped_at_most_ns - from.off.stopped_at_most_ns;
  if (past == points_.end() && to.state == ThreadState::stopped)
    off.stopped_at_most_ns += end_ns - std::max(to.before_ns, begin_ns);
  off.stopped_at_most_ns = std::clamp<std::int64_t>(off.stopped_at_most_ns, 0, end_ns - begin_ns);
  return off;
}

std::optional<std::int64_t> CpuWaits::stopped_since_ns() const {
  if (points_.empty() || points_.back().state != ThreadState::stopped)
    return std::nullopt;
  return points_.back().stopped_since_ns;
}

std::optional<double> CpuWaits::share(std::int64_t begin_ns, std::int64_t end_ns) const {
  const auto from = std::partition_point(points_.begin(), points_.end(),
                                         [&](const Point& point) { return point.before_ns < begin_ns; });
  auto to = std::partition_point(points_.begin(), points_.end(),
                                 [&](const Point& point) { return point.after_ns <= end_ns; });
  if (to - from < 2)
    return std::nullopt;
  --to;
  const std::int64_t span = to->before_ns - from->before_ns;
  if (span * 2 < end_ns - begin_ns)
    return std::nullopt;
  const std::int64_t waited = to->waited_ns + to->pending_ns - from->waited_ns - from->pending_ns;
  return std::clamp(static_cast<double>(waited) / static_cast<double>(span), 0.0, 1.0);
}

}  // namespace loopscope::tracer

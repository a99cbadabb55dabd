#pragma once
/// How long the loop's thread waited for a CPU: samples of the kernel's counts, put together.
///
/// Between two samples only a sum is known, not when in between the thread waited. So the answer about a stretch of time is a
/// bound: it waited for at most so long. Who charges a callback with the rest of its duration says "at least".
/// A wait is counted by the kernel once the thread gets its CPU. One that still goes on is inferred: the thread is runnable, and
/// the time since the sample before is neither in what it ran nor in what it waited.
/// Thread: one. Errors: none; samples that go back are skipped. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <deque>
#include <optional>

#include "tracer/thread_cpu.h"

namespace loopscope::tracer {

class CpuWaits {
 public:
  /// Samples of one thread, in order.
  void add(const CpuSample& sample);
  /// The next sample is of another thread: what was known is forgotten.
  void restart() { points_.clear(); }
  /// Forgets what is not needed to answer about times from `before_ns` on.
  void forget(std::int64_t before_ns);

  [[nodiscard]] bool sampled() const { return !points_.empty(); }
  /// The first and the last instant of which something is known; 0 if nothing is.
  [[nodiscard]] std::int64_t begin_ns() const { return points_.empty() ? 0 : points_.front().after_ns; }
  [[nodiscard]] std::int64_t end_ns() const { return points_.empty() ? 0 : points_.back().before_ns; }

  /// How much of [begin_ns, end_ns) the thread waited for a CPU, at most: never more than the whole. Without samples 0: then
  /// nothing is known, see sampled().
  [[nodiscard]] std::int64_t at_most_ns(std::int64_t begin_ns, std::int64_t end_ns) const;

  /// The share of the samples' time that it waited, of the samples in [begin_ns, end_ns]; nothing if they span less than half
  /// of it.
  [[nodiscard]] std::optional<double> share(std::int64_t begin_ns, std::int64_t end_ns) const;

 private:
  struct Point {
    std::int64_t before_ns;
    std::int64_t after_ns;
    std::int64_t ran_ns;
    std::int64_t waited_ns;   ///< counted by the kernel
    std::int64_t pending_ns;  ///< a wait that went on, at most: not counted yet
    bool runnable;
  };
  std::deque<Point> points_;
};

}  // namespace loopscope::tracer

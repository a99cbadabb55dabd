#pragma once
/// How long the loop's thread waited for a CPU, from samples of the kernel's counts.
///
/// Between two samples only the sum is known, and not when the thread waited. So the answer about a stretch of time is an upper
/// bound. A caller that charges a callback with the rest of its duration must say "at least".
/// The kernel counts a wait when the thread gets its CPU. A wait that still goes on is inferred: the thread is runnable, and
/// some of the time since the last sample is neither in the time that it ran nor in the time that it waited.
/// Thread: one. Errors: none; samples that go back are skipped. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <deque>
#include <optional>

#include "tracer/system/thread_cpu.h"

namespace loopscope::tracer {

/// Bounds of the time that a thread was on a CPU.
struct OnCpu {
  std::int64_t at_least_ns = 0;
  std::int64_t at_most_ns = 0;
};

/// Bounds of the time that a thread neither was on a CPU nor waited for one. Time of which the kernel says nothing while the thread
/// was runnable (a virtual machine's host had taken the CPU) is in none of them.
struct OffCpu {
  std::int64_t asleep_at_least_ns = 0;
  std::int64_t stopped_at_least_ns = 0;  ///< by a signal or a debugger
  std::int64_t stopped_at_most_ns = 0;
};

class CpuWaits {
 public:
  /// Adds a sample. All samples are of one thread, in order.
  void add(const CpuSample& sample);
  /// Forgets everything, because the next sample is of another thread.
  void restart() { points_.clear(); }
  /// Forgets all samples that are not needed for times from `before_ns` on.
  void forget(std::int64_t before_ns);

  [[nodiscard]] bool sampled() const { return !points_.empty(); }
  /// The first and the last instant that the samples cover; 0 without samples.
  [[nodiscard]] std::int64_t begin_ns() const { return points_.empty() ? 0 : points_.front().after_ns; }
  [[nodiscard]] std::int64_t end_ns() const { return points_.empty() ? 0 : points_.back().before_ns; }

  /// The longest time within [begin_ns, end_ns) that the thread can have waited for a CPU; never more than the whole. 0 without
  /// samples, where nothing is known (see sampled()).
  [[nodiscard]] std::int64_t at_most_ns(std::int64_t begin_ns, std::int64_t end_ns) const;

  /// The time within [begin_ns, end_ns) that the thread was on a CPU. Where nothing is known it may have been all of it.
  [[nodiscard]] OnCpu on_cpu(std::int64_t begin_ns, std::int64_t end_ns) const;

  /// The time within [begin_ns, end_ns) that the thread slept or was stopped, between samples that saw it so.
  [[nodiscard]] OffCpu off_cpu(std::int64_t begin_ns, std::int64_t end_ns) const;
  /// Since when the newest samples have seen the thread stopped; nothing if the newest one has not.
  [[nodiscard]] std::optional<std::int64_t> stopped_since_ns() const;

  /// The share of time that the thread waited, by the samples within [begin_ns, end_ns]. Nothing if these span less than half
  /// of it.
  [[nodiscard]] std::optional<double> share(std::int64_t begin_ns, std::int64_t end_ns) const;

 private:
  struct Point {
    std::int64_t before_ns;
    std::int64_t after_ns;
    std::int64_t ran_ns;
    std::int64_t waited_ns;  ///< counted by the kernel
    std::int64_t
        pending_ns;  ///< the longest time that the thread may have run or waited and that is not counted yet
    ThreadState state;
    OffCpu off;  ///< since the first point
    std::int64_t stopped_since_ns;
  };
  static OffCpu between(const Point& earlier, const Point& later);
  std::deque<Point> points_;
};

}  // namespace loopscope::tracer

#pragma once
/// The parts of a trace after its events are put together: slices with a begin and an end.
/// Units: ns of CLOCK_MONOTONIC.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "tracer/analysis/column.h"
#include "tracer/format.h"
#include "tracer/read/trace_time.h"

namespace loopscope::tracer {

/// What the loop's thread spends its time on: the phases, with poll split into its parts.
enum class Activity : std::uint8_t {
  timers,
  pending,
  idle,
  prepare,
  poll_asleep,    ///< in the kernel, allowed to sleep
  poll_no_sleep,  ///< in the kernel with timeout 0: it only asks for events
  poll_io,        ///< callbacks of I/O events
  gil_wait,       ///< awake, waiting for the GIL
  check,
  closing,
  stopped,  ///< the loop does not run
  between,  ///< in an iteration, between two phases: the loop's own work
  unknown,  ///< nothing was recorded
};
inline constexpr std::size_t kActivityCount = 13;

/// The phase that an activity belongs to.
Phase phase_of(Activity activity);

struct PhaseSlice {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  Activity activity = Activity::unknown;
  bool inferred_end = false;  ///< the end cannot be observed; it is the next boundary that can
};

struct IterationSlice {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::uint64_t number = 0;
};

struct PollSlice {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;   ///< when its callbacks were done
  std::int64_t wake_ns = 0;  ///< when the kernel returned
  std::int64_t gil_wait_ns = 0;
  std::int32_t timeout_ms = 0;
  PollReason reason = PollReason::unknown;
  NameId culprit = kNoName;
  std::uint32_t io_events = 0;
  std::uint64_t iteration = 0;
};

struct CallbackSlice {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::int64_t ready_ns = 0;  ///< 0: not known
  NameId name = kNoName;
  CallbackKind kind = CallbackKind::unknown;
  std::uint8_t depth = 0;  ///< 0: called by the loop itself
  Phase phase = Phase::none;
  std::uint64_t object = 0;  ///< the task, handle or timer

  [[nodiscard]] std::int64_t duration_ns() const { return end_ns - begin_ns; }
  [[nodiscard]] std::int64_t waited_ns() const {
    return ready_ns > 0 && begin_ns > ready_ns ? begin_ns - ready_ns : 0;
  }
};

/// Bytes that went through a handle. An instant: begin and end are equal.
struct TransferSlice {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::uint64_t bytes = 0;
  std::uint64_t handle = 0;
};

/// How many callbacks were ready, as counted by the loop at this moment.
struct DepthSample {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::uint64_t depth = 0;
};

/// Why a stretch of time is not known, or cannot be trusted.
enum class GapReason : std::uint8_t {
  lost,          ///< events were overwritten before they were read
  not_recorded,  ///< the level was off
  clock_jumped,  ///< the machine stood still somewhere within it, see ClockFault::jumped
  wrong_times,  ///< times of events went back or lay in the future; these events stand at the time of the event before
};

struct Gap {
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  GapReason reason = GapReason::lost;
  std::uint64_t events = 0;   ///< how many were lost, or had a wrong time
  std::int64_t clock_ns = 0;  ///< how far the clock jumped, or how wrong the worst time is
};

/// Summary of phase slices by activity: their total time, their number, and the longest one.
struct ActivityTimes {
  std::array<std::int64_t, kActivityCount> ns{};
  std::array<std::uint64_t, kActivityCount> slices{};
  std::array<std::int64_t, kActivityCount> longest_ns{};
  void add(const PhaseSlice& slice, std::uint64_t) {
    const auto i = static_cast<std::size_t>(slice.activity);
    const std::int64_t took = slice.end_ns - slice.begin_ns;
    ns[i] = add_ns(ns[i], took);
    ++slices[i];
    longest_ns[i] = std::max(longest_ns[i], took);
  }
  void merge(const ActivityTimes& other) {
    for (std::size_t i = 0; i < kActivityCount; ++i) {
      ns[i] = add_ns(ns[i], other.ns[i]);
      slices[i] += other.slices[i];
      longest_ns[i] = std::max(longest_ns[i], other.longest_ns[i]);
    }
  }
  [[nodiscard]] std::int64_t operator[](Activity activity) const { return ns[static_cast<std::size_t>(activity)]; }
};

/// Summary of callbacks: the longest one, and when the first of them became ready.
struct WorstAndReady : Worst {
  std::int64_t first_ready_ns = INT64_MAX;
  void add(const CallbackSlice& slice, std::uint64_t at) {
    Worst::add(slice, at);
    if (slice.ready_ns > 0)
      first_ready_ns = std::min(first_ready_ns, slice.ready_ns);
  }
  void merge(const WorstAndReady& other) {
    Worst::merge(other);
    first_ready_ns = std::min(first_ready_ns, other.first_ready_ns);
  }
};

/// Summary of depth samples: the largest depth.
struct Deepest {
  std::uint64_t depth = 0;
  void add(const DepthSample& sample, std::uint64_t) { depth = depth < sample.depth ? sample.depth : depth; }
  void merge(const Deepest& other) { depth = depth < other.depth ? other.depth : depth; }
};

/// Summary of transfers: the sum of their bytes.
struct ByteSum {
  std::uint64_t bytes = 0;
  void add(const TransferSlice& slice, std::uint64_t) { bytes += slice.bytes; }
  void merge(const ByteSum& other) { bytes += other.bytes; }
};

}  // namespace loopscope::tracer

#pragma once
/// How many bytes went through each open handle, and when the last ones did, from the trace. Bytes are recorded from
/// Level::callbacks on.
///
/// Thread: one. Errors: none. Units: bytes, ns of CLOCK_MONOTONIC. Memory: at most kMostHandles; more are not followed.

#include <cstdint>
#include <unordered_map>

#include "tracer/read/trace_event.h"

namespace loopscope::gui {

struct HandleTraffic {
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::int64_t last_ns = 0;  ///< when bytes last went through it; 0: no transfer was seen
  bool complete = false;     ///< it was followed since it was opened; otherwise the counts are lower bounds
};

class HandleTrafficTable {
 public:
  static constexpr std::size_t kMostHandles = 1U << 16U;

  void add(const tracer::TraceEvent& event);
  /// Events were lost between the last one and the next one.
  void lose();
  /// Null if nothing is known of it.
  [[nodiscard]] const HandleTraffic* of(std::uint64_t handle) const;

 private:
  HandleTraffic* followed(std::uint64_t handle);
  std::unordered_map<std::uint64_t, HandleTraffic> handles_;
};

}  // namespace loopscope::gui

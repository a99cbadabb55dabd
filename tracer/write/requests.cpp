#include "tracer/write/requests.h"

#include <algorithm>

#include "tracer/system/clock.h"

namespace loopscope::tracer {
namespace {

template <typename Word>
Word load(const Word& word) {
  return std::atomic_ref(const_cast<Word&>(word)).load(std::memory_order_relaxed);
}

/// Nobody beats ahead of the clock by much. A lease that does would never end, so it counts as dead.
bool beats(std::uint64_t heartbeat_ns, std::uint64_t now_ns) {
  const auto distance = heartbeat_ns <= now_ns ? now_ns - heartbeat_ns : heartbeat_ns - now_ns;
  return distance <= kLeaseTimeoutNs;
}

}  // namespace

void Requests::look(std::uint64_t now_ticks, std::uint64_t scan_ticks) {
  if (control_ == nullptr)
    return;
  const auto changes = lease_changes();
  if (changes == changes_seen_ && !(alive_ && now_ticks - scanned_ticks_ >= scan_ticks))
    return;
  changes_seen_ = changes;
  scanned_ticks_ = now_ticks;
  scan();
}

void Requests::scan() {
  alive_ = false;
  level_ = Level::off;
  viewer_pid_ = 0;
  const auto now_ns = monotonic_ns();
  for (const auto& lease : control_->leases) {
    const auto claim = load(reinterpret_cast<const std::uint64_t&>(lease));  // pid and level change together
    const auto pid = static_cast<std::uint32_t>(claim);
    if (pid == 0 || !beats(load(lease.heartbeat_ns), now_ns))
      continue;
    alive_ = true;
    const auto wanted = std::min(claim >> 32U, std::uint64_t{static_cast<std::uint8_t>(Level::tasks)});
    if (static_cast<Level>(wanted) <= level_)
      continue;
    level_ = static_cast<Level>(wanted);
    viewer_pid_ = pid;
  }
}

}  // namespace loopscope::tracer

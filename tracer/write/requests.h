#pragma once
/// What viewers ask of the program: the program's half of Control (format.h; the viewers' half is viewer_lease.h).
///
/// A viewer writes the level it would like into a lease, and renews the lease's heartbeat. A lease whose heartbeat is older
/// than kLeaseTimeoutNs is a dead viewer's. All leases are looked at when one of them has changed, and every kScanNs while
/// one is alive.
///
/// Thread: the loop's. Errors: none; whatever a viewer writes there is bounded here.

#include <atomic>
#include <cstdint>

#include "tracer/format.h"

namespace loopscope::tracer {

class Requests {
 public:
  static constexpr std::uint64_t kScanNs = 100'000'000;

  /// Nobody asks, for ever.
  Requests() = default;
  explicit Requests(const Control& control) : control_(&control) {}

  /// Cheap enough for every iteration, also with level off.
  [[nodiscard]] bool pending() const {
    return control_ != nullptr && (alive_ || lease_changes() != changes_seen_);
  }
  /// Looks at the leases if it is time to. `scan_ticks` are kScanNs in ticks.
  void look(std::uint64_t now_ticks, std::uint64_t scan_ticks);
  /// The highest level that a living viewer asks for, as of the latest look, and who asks. Off and 0 if nobody does.
  [[nodiscard]] Level level() const { return level_; }
  [[nodiscard]] std::uint32_t viewer_pid() const { return viewer_pid_; }

 private:
  [[nodiscard]] std::uint64_t lease_changes() const {
    return std::atomic_ref(const_cast<std::uint64_t&>(control_->lease_change)).load(std::memory_order_relaxed);
  }
  void scan();

  const Control* control_ = nullptr;
  std::uint64_t changes_seen_ = 0;
  std::uint64_t scanned_ticks_ = 0;
  Level level_ = Level::off;
  std::uint32_t viewer_pid_ = 0;
  bool alive_ = false;
};

}  // namespace loopscope::tracer

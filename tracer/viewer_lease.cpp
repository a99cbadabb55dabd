#include "tracer/viewer_lease.h"

#include <unistd.h>

#include <atomic>

#include "tracer/clock.h"

namespace loopscope::tracer {
namespace {

// Pid and level change hands together, in one compare-and-swap of the lease's first word.
std::atomic_ref<std::uint64_t> claim_word(Lease& lease) {
  static_assert(offsetof(Lease, viewer_pid) == 0 && offsetof(Lease, level) == 4);
  return std::atomic_ref(*reinterpret_cast<std::uint64_t*>(&lease));
}

bool expired(Lease& lease, std::uint64_t now_ns) {
  const auto heartbeat = std::atomic_ref(lease.heartbeat_ns).load(std::memory_order_relaxed);
  const auto age = heartbeat < now_ns ? now_ns - heartbeat : heartbeat - now_ns;
  return age > kLeaseTimeoutNs;
}

}  // namespace

bool ViewerLease::take(const OpenFile& file, std::uint64_t control_offset, Level level) {
  if (control_ == nullptr) {
    const auto page = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    const auto start = control_offset / page * page;
    int error = 0;
    memory_ = SharedMemory::map(file.descriptor(), start, control_offset - start + sizeof(Control), true, error);
    if (error != 0)
      return false;
    control_ = reinterpret_cast<Control*>(static_cast<char*>(memory_.data()) + (control_offset - start));
  }
  auto held = wanted();
  level_ = level;
  if (lease_ == nullptr || !claim_word(*lease_).compare_exchange_strong(held, wanted()))
    return claim();
  renew();
  std::atomic_ref(control_->lease_change).fetch_add(1);
  return true;
}

bool ViewerLease::claim() {
  const auto now = monotonic_ns();
  for (auto& lease : control_->leases) {
    auto held = claim_word(lease).load(std::memory_order_relaxed);
    if (static_cast<std::uint32_t>(held) != 0 && !expired(lease, now))
      continue;
    if (!claim_word(lease).compare_exchange_strong(held, wanted()))
      continue;
    std::atomic_ref(lease.heartbeat_ns).store(now, std::memory_order_relaxed);
    lease_ = &lease;
    std::atomic_ref(control_->lease_change).fetch_add(1);
    return true;
  }
  return false;
}

void ViewerLease::renew() {
  if (lease_ == nullptr)
    return;
  if (claim_word(*lease_).load(std::memory_order_relaxed) != wanted()) {
    // We were silent for so long that another viewer took it.
    lease_ = nullptr;
    claim();
    return;
  }
  const auto was_expired = expired(*lease_, monotonic_ns());
  std::atomic_ref(lease_->heartbeat_ns).store(monotonic_ns(), std::memory_order_relaxed);
  // The loop stops looking at leases when all have expired: it must hear that this one is back.
  if (was_expired)
    std::atomic_ref(control_->lease_change).fetch_add(1);
}

void ViewerLease::drop() {
  if (lease_ == nullptr)
    return;
  auto held = wanted();
  if (claim_word(*lease_).compare_exchange_strong(held, 0))
    std::atomic_ref(control_->lease_change).fetch_add(1);
  lease_ = nullptr;
}

std::uint64_t ViewerLease::wanted() const {
  return std::uint64_t{static_cast<std::uint32_t>(getpid())} | std::uint64_t{static_cast<std::uint8_t>(level_)}
                                                                   << 32U;
}

}  // namespace loopscope::tracer

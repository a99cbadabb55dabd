#include "tracer/read/viewer_lease.h"

#include <unistd.h>

#include <ctime>

#include "tracer/system/clock.h"

namespace loopscope::tracer {
namespace {

constexpr int kLockTries = 50;
constexpr timespec kLockPause{0, 100'000};

}  // namespace

bool ViewerLease::take(const OpenFile& file, std::uint64_t control_offset, Level level) {
  file_ = &file;
  control_offset_ = control_offset;
  level_ = level;
  return ask();
}

bool ViewerLease::ask() {
  state_ = LeaseState::refused;  // unless what follows knows better
  if (lease_ ? locked(&ViewerLease::change_level) : locked(&ViewerLease::claim))
    state_ = LeaseState::held;
  return state_ == LeaseState::held;
}

void ViewerLease::renew() {
  if (!lease_)
    return;
  if (load(claim_offset(*lease_)) != held_word_) {
    // We were silent for so long that another viewer took it.
    lease_.reset();
    ask();
    return;
  }
  const auto was_expired = expired(*lease_);
  store(heartbeat_offset(*lease_), monotonic_ns());
  // The loop stops looking at leases when all have expired: it must hear that this one is back.
  if (was_expired)
    (void)locked(&ViewerLease::say_changed);
}

void ViewerLease::drop() {
  if (lease_)
    (void)locked(&ViewerLease::give_back);
  lease_.reset();
  state_ = LeaseState::none;
}

/// Does `step` while no other viewer changes anything. They are done in microseconds; one that was stopped in the middle must not
/// stop us.
bool ViewerLease::locked(bool (ViewerLease::*step)()) {
  for (int i = 0; i < kLockTries; ++i) {
    if (file_->lock(control_offset_, sizeof(Control))) {
      const bool done = (this->*step)();
      file_->unlock(control_offset_, sizeof(Control));
      return done;
    }
    nanosleep(&kLockPause, nullptr);
  }
  return false;
}

bool ViewerLease::claim() {
  for (std::size_t i = 0; i < kLeaseCount; ++i) {
    const auto held = load(claim_offset(i));
    if (static_cast<std::uint32_t>(held) != 0 && !expired(i))
      continue;
    if (!store(heartbeat_offset(i), monotonic_ns()) || !store(claim_offset(i), wanted()))
      return false;
    lease_ = i;
    held_word_ = wanted();
    return say_changed();
  }
  state_ = LeaseState::all_taken;
  return false;
}

bool ViewerLease::change_level() {
  if (load(claim_offset(*lease_)) != held_word_) {
    lease_.reset();
    return claim();
  }
  held_word_ = wanted();
  return store(claim_offset(*lease_), held_word_) && store(heartbeat_offset(*lease_), monotonic_ns()) &&
         say_changed();
}

bool ViewerLease::give_back() {
  return load(claim_offset(*lease_)) == held_word_ && store(claim_offset(*lease_), 0) && say_changed();
}

bool ViewerLease::say_changed() {
  const auto offset = control_offset_ + offsetof(Control, lease_change);
  return store(offset, load(offset) + 1);
}

// Pid and level are one word: the program never sees one without the other.
std::uint64_t ViewerLease::claim_offset(std::size_t lease) const {
  static_assert(offsetof(Lease, viewer_pid) == 0 && offsetof(Lease, level) == 4);
  return control_offset_ + offsetof(Control, leases) + lease * sizeof(Lease);
}

std::uint64_t ViewerLease::heartbeat_offset(std::size_t lease) const {
  return claim_offset(lease) + offsetof(Lease, heartbeat_ns);
}

std::uint64_t ViewerLease::load(std::uint64_t offset) const {
  std::uint64_t word = 0;
  int error = 0;
  const auto read = file_->read(&word, offset, sizeof(word), error);
  return read == sizeof(word) ? word : 0;
}

/// A file that was cut short must not get longer again.
bool ViewerLease::store(std::uint64_t offset, std::uint64_t word) const {
  int error = 0;
  const auto facts = file_->facts(error);
  return error == 0 && facts.size_bytes >= offset + sizeof(word) && file_->write(&word, offset, sizeof(word));
}

bool ViewerLease::expired(std::size_t lease) const {
  const auto heartbeat = load(heartbeat_offset(lease));
  const auto now = monotonic_ns();
  const auto age = heartbeat < now ? now - heartbeat : heartbeat - now;
  return age > kLeaseTimeoutNs;
}

std::uint64_t ViewerLease::wanted() const {
  return std::uint64_t{static_cast<std::uint32_t>(getpid())} | std::uint64_t{static_cast<std::uint8_t>(level_)}
                                                                   << 32U;
}

}  // namespace loopscope::tracer

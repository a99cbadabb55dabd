#pragma once
/// A viewer's place in a session's Control: asks the program for a level as long as it is renewed.
///
/// Viewers agree among each other by a lock on Control, which the program never looks at. They write as one writes a file: a mapping
/// would end the viewer (SIGBUS) if somebody cut the file short.
///
/// Thread: one. Owner: of the lease, which it gives back when it goes; the file outlives it.
/// Errors: take() answers false if there is no lease to be had; state() says why. A lease that was lost (we were silent for too
///   long) is taken anew by renew(), or state() says why not.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "tracer/format.h"
#include "tracer/system/shared_memory.h"

namespace loopscope::tracer {

enum class LeaseState : std::uint8_t {
  none,       ///< nothing was asked for
  held,       ///< the program honours what was asked for
  all_taken,  ///< living viewers hold every lease: ask again
  refused,    ///< the file cannot be written, or another viewer holds the lock on Control: ask again
};

class ViewerLease {
 public:
  ViewerLease() = default;
  ~ViewerLease() { drop(); }
  ViewerLease(const ViewerLease&) = delete;
  ViewerLease& operator=(const ViewerLease&) = delete;

  /// Takes a lease in the session that `file` is, or changes the level of the one that is held.
  bool take(const OpenFile& file, std::uint64_t control_offset, Level level);
  /// Of a session that nobody may write any more.
  bool refuse() {
    state_ = LeaseState::refused;
    return false;
  }
  void renew();
  void drop();
  [[nodiscard]] LeaseState state() const { return state_; }

 private:
  bool ask();
  [[nodiscard]] bool locked(bool (ViewerLease::*step)());
  bool claim();
  bool change_level();
  bool give_back();
  bool say_changed();
  [[nodiscard]] std::uint64_t claim_offset(std::size_t lease) const;
  [[nodiscard]] std::uint64_t heartbeat_offset(std::size_t lease) const;
  [[nodiscard]] std::uint64_t load(std::uint64_t offset) const;
  bool store(std::uint64_t offset, std::uint64_t word) const;
  [[nodiscard]] bool expired(std::size_t lease) const;
  [[nodiscard]] std::uint64_t wanted() const;

  const OpenFile* file_ = nullptr;
  std::uint64_t control_offset_ = 0;
  std::optional<std::size_t> lease_;  ///< which
  std::uint64_t held_word_ = 0;       ///< what stands in it
  Level level_ = Level::off;
  LeaseState state_ = LeaseState::none;
};

}  // namespace loopscope::tracer

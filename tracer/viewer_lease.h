#pragma once
/// A viewer's place in a session's Control: asks the program for a level as long as it is renewed.
///
/// Thread: one. Owner: of a writable mapping of Control alone, and of the lease, which it gives back when it goes.
/// Errors: take() answers false if every lease is held by a living viewer or the file cannot be written.

#include <cstdint>

#include "tracer/format.h"
#include "tracer/shared_memory.h"

namespace loopscope::tracer {

class ViewerLease {
 public:
  ViewerLease() = default;
  ~ViewerLease() { drop(); }
  ViewerLease(const ViewerLease&) = delete;
  ViewerLease& operator=(const ViewerLease&) = delete;

  /// Takes a lease in the session that `file` is, or changes the level of the one that is held.
  bool take(const OpenFile& file, std::uint64_t control_offset, Level level);
  void renew();
  void drop();
  [[nodiscard]] bool held() const { return lease_ != nullptr; }

 private:
  bool claim();
  [[nodiscard]] std::uint64_t wanted() const;

  SharedMemory memory_;
  Control* control_ = nullptr;
  Lease* lease_ = nullptr;
  Level level_ = Level::off;
};

}  // namespace loopscope::tracer

#pragma once
/// Lets a program live on when somebody cuts short a file that it has mapped.
///
/// A store into a page that is no longer there is a SIGBUS. For a guarded mapping it puts zeroed memory of the program's own in
/// place of the whole mapping, and the store is done again: what is written goes nowhere from then on, and the lock that hung on
/// the mapping is gone, so that readers know. Any other SIGBUS goes where it would have gone.
///
/// The first guard of a process installs the handler, which stays. A program that installs its own afterwards has its own.
/// Thread: any. Owner: of a place in the handler's table, not of the mapping: it goes before the mapping does.
/// Errors: none; with kMostGuards mappings guarded a further one is not. Cost: none while nothing happens.

#include <cstddef>

#include "tracer/shared_memory.h"

namespace loopscope::tracer {

class MappingGuard {
 public:
  static constexpr std::size_t kMostGuards = 64;

  MappingGuard() = default;  ///< guards nothing
  explicit MappingGuard(const SharedMemory& memory);
  ~MappingGuard();
  MappingGuard(MappingGuard&& other) noexcept;
  MappingGuard& operator=(MappingGuard&& other) noexcept;
  MappingGuard(const MappingGuard&) = delete;
  MappingGuard& operator=(const MappingGuard&) = delete;

 private:
  std::size_t place_ = kMostGuards;
};

}  // namespace loopscope::tracer

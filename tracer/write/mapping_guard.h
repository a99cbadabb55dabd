#pragma once
/// Lets a program live on when somebody cuts short a file that it has mapped.
///
/// A store into a page that is no longer there is a SIGBUS. For a guarded mapping the handler replaces the whole mapping by zeroed
/// private memory, and the store runs again. From then on what the program records goes nowhere. The lock that belonged
/// to the mapping is gone, so readers know. The handler passes any other SIGBUS to the handler that was there before.
///
/// The first guard of a process installs the handler, which stays. A handler that the program installs later replaces it.
/// Thread: any. Owner: of a place in the handler's table, not of the mapping; it is destroyed before the mapping.
/// Errors: none; after kMostGuards mappings a further one is not guarded. Cost: none while nothing happens.

#include <cstddef>

#include "tracer/system/shared_memory.h"

namespace loopscope::tracer {

class MappingGuard {
 public:
  static constexpr std::size_t kMostGuards = 1024;

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

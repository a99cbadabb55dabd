#pragma once
/// The memory of one part of a session: the ring, the names, the slots.
///
/// A part takes its file's memory as it is used, one step at a time, before the first store into the step. So a full file system
/// shows here, as an answer, and never as a SIGBUS in the user's program.
///
/// Thread: the loop's. Owner: of nothing; a WritableSession owns the memory and outlives this.
/// Errors: grow() answers false once there is no more room, and never asks again.
/// Cost: a system call for each step (a page at first, at most kMostStepBytes), and none once the part is whole. It replaces the
///   page faults of touching the same memory, and is cheaper.

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace loopscope::tracer {

/// Where a part's memory comes from.
class MemorySource {
 public:
  MemorySource() = default;
  MemorySource(const MemorySource&) = delete;
  MemorySource& operator=(const MemorySource&) = delete;
  /// Stores into these bytes cannot fail from now on. False: there is no room.
  virtual bool take(void* start, std::uint64_t size_bytes) = 0;

 protected:
  ~MemorySource() = default;
};

class PartMemory {
 public:
  static constexpr std::uint64_t kPageBytes = 4096;
  static constexpr std::uint64_t kMostStepBytes = 8 * kPageBytes;

  PartMemory() = default;  ///< of no part
  /// Memory that is all there.
  PartMemory(void* start, std::uint64_t size_bytes)
      : start_(static_cast<char*>(start)), size_bytes_(size_bytes), ready_bytes_(size_bytes) {}
  /// As much as `shared_ready` says is there, and the rest comes from `source`. `shared_ready` is a word of the session, and
  /// readers look no further than it says.
  PartMemory(void* start, std::uint64_t size_bytes, MemorySource& source, std::uint64_t& shared_ready)
      : start_(static_cast<char*>(start)),
        size_bytes_(size_bytes),
        ready_bytes_(shared_ready),
        source_(&source),
        shared_ready_(&shared_ready) {}

  template <typename Item>
  [[nodiscard]] Item* items() const {
    return reinterpret_cast<Item*>(start_);
  }
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }
  [[nodiscard]] std::uint64_t ready_bytes() const { return ready_bytes_; }
  [[nodiscard]] bool whole() const { return ready_bytes_ == size_bytes_; }

  /// One step more.
  bool grow() {
    if (source_ == nullptr || whole())
      return false;
    const auto wanted = std::clamp(ready_bytes_, kPageBytes, kMostStepBytes);
    const auto step = std::min(wanted, size_bytes_ - ready_bytes_);
    if (!source_->take(start_ + ready_bytes_, step)) {
      source_ = nullptr;
      return false;
    }
    ready_bytes_ += step;
    std::atomic_ref(*shared_ready_).store(ready_bytes_, std::memory_order_release);
    return true;
  }
  /// As many steps as the first `bytes` need.
  bool reach(std::uint64_t bytes) {
    while (ready_bytes_ < bytes)
      if (!grow())
        return false;
    return true;
  }

 private:
  char* start_ = nullptr;
  std::uint64_t size_bytes_ = 0;
  std::uint64_t ready_bytes_ = 0;
  MemorySource* source_ = nullptr;  ///< null: what there is is all there will be
  std::uint64_t* shared_ready_ = nullptr;
};

}  // namespace loopscope::tracer

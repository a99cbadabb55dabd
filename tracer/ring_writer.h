#pragma once
/// The writing half of the ring. It overwrites the oldest event and never waits for a reader.
///
/// Thread: one, the loop's. Owner: does not own the memory; a WritableSession does and outlives it.
/// Errors: none. Cost: one rdtsc (paid by the caller) and five stores.
/// The memory-order contract is in tracer/format.h.

#include <atomic>
#include <cstdint>
#include <cstring>

#include "tracer/format.h"

namespace loopscope::tracer {

class RingWriter {
 public:
  RingWriter() = default;
  /// `capacity` is a power of two; `head` is Counters::head of the same session.
  RingWriter(Event* events, std::uint64_t capacity, std::uint64_t* head)
      : events_(events), mask_(capacity - 1), head_(head), position_(*head) {}

  void write(const Event& event) {
    std::uint64_t words[4];
    std::memcpy(words, &event, sizeof(event));
    auto* slot = reinterpret_cast<std::uint64_t*>(&events_[position_ & mask_]);
    std::atomic_thread_fence(std::memory_order_release);
    for (int i = 0; i < 4; ++i) std::atomic_ref(slot[i]).store(words[i], std::memory_order_relaxed);
    std::atomic_ref(*head_).store(++position_, std::memory_order_release);
  }

  /// Position of the next event.
  [[nodiscard]] std::uint64_t position() const { return position_; }

 private:
  Event* events_ = nullptr;
  std::uint64_t mask_ = 0;
  std::uint64_t* head_ = nullptr;
  std::uint64_t position_ = 0;
};

}  // namespace loopscope::tracer

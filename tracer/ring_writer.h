#pragma once
/// The writing half of the ring. It overwrites the oldest event and never waits for a reader.
///
/// Thread: one, the loop's. Owner: does not own the memory; a WritableSession does and outlives it.
/// Errors: none. Cost: one rdtsc (paid by the caller) and five stores.
/// The memory-order contract is in tracer/format.h.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "tracer/format.h"

namespace loopscope::tracer {

class RingWriter {
 public:
  RingWriter() = default;
  /// `capacity` is a power of two; `head` is Counters::head of the same session.
  RingWriter(Event* events, std::uint64_t capacity, std::uint64_t* head)
      : events_(events), mask_(capacity - 1), head_(head), position_(*head) {}

  void write(const Event& event) {
    // Put together in a register: bytes that are written one by one and read back as a word cost more than all
    // the rest of this function.
    const auto head = static_cast<std::uint64_t>(event.type) | static_cast<std::uint64_t>(event.phase) << 8U |
                      std::uint64_t{event.kind} << 16U | std::uint64_t{event.flags} << 24U |
                      std::uint64_t{event.name} << 32U;
    auto* slot = reinterpret_cast<std::uint64_t*>(&events_[position_ & mask_]);
    std::atomic_thread_fence(std::memory_order_release);
    std::atomic_ref(slot[0]).store(event.ticks, std::memory_order_relaxed);
    std::atomic_ref(slot[1]).store(head, std::memory_order_relaxed);
    std::atomic_ref(slot[2]).store(event.a, std::memory_order_relaxed);
    std::atomic_ref(slot[3]).store(event.b, std::memory_order_relaxed);
    std::atomic_ref(*head_).store(++position_, std::memory_order_release);
  }

  /// Position of the next event.
  [[nodiscard]] std::uint64_t position() const { return position_; }

 private:
  static_assert(offsetof(Event, type) == 8 && offsetof(Event, phase) == 9 && offsetof(Event, kind) == 10 &&
                offsetof(Event, flags) == 11 && offsetof(Event, name) == 12 && offsetof(Event, a) == 16);

  Event* events_ = nullptr;
  std::uint64_t mask_ = 0;
  std::uint64_t* head_ = nullptr;
  std::uint64_t position_ = 0;
};

}  // namespace loopscope::tracer

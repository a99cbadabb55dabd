#pragma once
/// The writing half of the ring. It overwrites the oldest event and never waits for a reader.
///
/// Until the ring is whole it takes its memory as it is used (tracer/write/part_memory.h). If there is no more room, the ring keeps
/// the length that it has, for good, and goes on from its start.
///
/// Thread: one, the loop's. Owner: does not own the memory; a WritableSession does and outlives it.
/// Errors: none; the caller has taken memory for the first events.
/// Cost: one rdtsc (paid by the caller) and six stores.
/// The memory-order contract is in tracer/format.h.

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "tracer/format.h"
#include "tracer/write/part_memory.h"

namespace loopscope::tracer {

class RingWriter {
 public:
  RingWriter() = default;
  /// `head` is TrackCounts::head of the same session; where it is not 0, the ring goes on from there.
  RingWriter(const PartMemory& ring, std::uint64_t* head);

  void write(const Event& event) {
    // Put together in a register: bytes that are written one by one and read back as a word cost more than all
    // the rest of this function.
    const auto head = static_cast<std::uint64_t>(event.type) | static_cast<std::uint64_t>(event.phase) << 8U |
                      std::uint64_t{event.kind} << 16U | std::uint64_t{event.flags} << 24U |
                      std::uint64_t{event.name} << 32U;
    // And read before the stores: the compiler believes that these may change this object.
    Event* const next = next_;
    const auto before = position();
    auto* slot = reinterpret_cast<std::uint64_t*>(next);
    next_ = next + 1;
    std::atomic_thread_fence(std::memory_order_release);
    std::atomic_ref(slot[0]).store(event.ticks, std::memory_order_relaxed);
    std::atomic_ref(slot[1]).store(head, std::memory_order_relaxed);
    std::atomic_ref(slot[2]).store(event.a, std::memory_order_relaxed);
    std::atomic_ref(slot[3]).store(event.b, std::memory_order_relaxed);
    std::atomic_ref(*head_).store(before + 1, std::memory_order_release);
    if (next + 1 == turn_) [[unlikely]]
      turn();
  }

  /// Position of the next event.
  [[nodiscard]] std::uint64_t position() const { return std::atomic_ref(*head_).load(std::memory_order_relaxed); }

 private:
  static_assert(offsetof(Event, type) == 8 && offsetof(Event, phase) == 9 && offsetof(Event, kind) == 10 &&
                offsetof(Event, flags) == 11 && offsetof(Event, name) == 12 && offsetof(Event, a) == 16);

  [[nodiscard]] std::uint64_t length() const { return memory_.ready_bytes() / sizeof(Event); }
  [[nodiscard]] Event* end() const { return memory_.items<Event>() + length(); }
  void turn();

  Event* next_ = nullptr;
  Event* turn_ = nullptr;  ///< where write() has to do more than to go on
  std::uint64_t* head_ = nullptr;
  PartMemory memory_;
};

}  // namespace loopscope::tracer

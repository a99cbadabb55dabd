#pragma once
/// The open handles, or the live tasks, of a session: a fixed number of slots that readers may look at.
///
/// Slot is HandleSlot or TaskSlot (tracer/format.h): whole words, the id in the first.
/// Thread: the loop's writes; readers copy a slot and check that its id stayed the same (tracer/format.h).
/// Owner: of a private map from ids to slots, which grows with them; the slots are the session's.
/// Errors: open() answers false if no slot is free, close() and change() false if the id has none.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tracer/format.h"
#include "tracer/word_map.h"
#include "tracer/write/part_memory.h"

namespace loopscope::tracer {

template <typename Slot>
class ObjectSlots {
 public:
  ObjectSlots() = default;  ///< has no slots
  explicit ObjectSlots(const PartMemory& slots)
      : memory_(slots), slots_(slots.items<Slot>()), places_(kFirstPlaces) {}

  /// `object.id` is not 0; if it has a slot already, that slot is written anew.
  bool open(const Slot& object);
  bool close(std::uint64_t id);
  /// `edit(slot)` changes a copy, which is written if the id has a slot.
  template <typename Edit>
  bool change(std::uint64_t id, Edit edit) {
    const auto known = places_.find(id);
    if (known == 0)
      return false;
    Slot copy = slots_[known - 1];
    edit(copy);
    write(slots_[known - 1], copy);
    return true;
  }
  /// Frees every slot: what is no longer followed must not look alive.
  void clear();

  [[nodiscard]] std::size_t open_count() const { return places_.size(); }

 private:
  static constexpr std::size_t kFirstPlaces = 64;
  static constexpr std::size_t kWords = sizeof(Slot) / 8;
  static_assert(sizeof(Slot) % 8 == 0 && offsetof(Slot, id) == 0);

  bool has_free_slot();
  static void write(Slot& slot, const Slot& object) {
    std::uint64_t words[kWords];
    __builtin_memcpy(words, &object, sizeof(object));
    auto* to = reinterpret_cast<std::uint64_t*>(&slot);
    // A reader that sees any of the new words must also see that the old id is gone.
    std::atomic_ref(to[0]).store(0, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    for (std::size_t i = 1; i < kWords; ++i) std::atomic_ref(to[i]).store(words[i], std::memory_order_relaxed);
    std::atomic_ref(to[0]).store(words[0], std::memory_order_release);
  }
  static void free_slot(Slot& slot) { std::atomic_ref(slot.id).store(0, std::memory_order_relaxed); }

  PartMemory memory_;
  Slot* slots_ = nullptr;
  std::uint64_t first_unused_ = 0;   ///< slots from here on were never used
  std::vector<std::uint32_t> free_;  ///< slots below it that are free again
  WordMap places_;                   ///< from ids to slots + 1
};

using HandleSlots = ObjectSlots<HandleSlot>;
using TaskSlots = ObjectSlots<TaskSlot>;

extern template class ObjectSlots<HandleSlot>;
extern template class ObjectSlots<TaskSlot>;

}  // namespace loopscope::tracer

#pragma once
/// The open handles, or the live tasks, of a session: a fixed number of slots that readers may look at.
///
/// Slot is HandleSlot or TaskSlot (tracer/format.h): whole words, the id in the first. A caller puts words together in
/// registers: fields that are written one by one and read back as a word cost more than everything else.
/// Thread: the loop's writes; readers copy a slot and check that its id stayed the same (tracer/format.h).
/// Owner: of a private map from ids to slots, which grows with them; the slots are the session's.
/// Errors: open() answers false if no slot is free, close() and change() false if the id has none.

#include <array>
#include <atomic>
#include <bit>
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

  static constexpr std::size_t kWords = sizeof(Slot) / 8;
  using Words = std::array<std::uint64_t, kWords>;

  /// The id, the first word, is not 0; if it has a slot already, that slot is written anew.
  bool open(const Words& object);
  bool open(const Slot& object) { return open(std::bit_cast<Words>(object)); }
  bool close(std::uint64_t id);
  /// The words of a slot behind its id, while no reader believes them.
  class Edit {
   public:
    explicit Edit(Slot& slot) : words_(reinterpret_cast<std::uint64_t*>(&slot)) {}
    /// `offset` is a multiple of 8.
    [[nodiscard]] std::uint64_t get(std::size_t offset) const { return words_[offset / 8]; }
    void put(std::size_t offset, std::uint64_t word) {
      std::atomic_ref(words_[offset / 8]).store(word, std::memory_order_relaxed);
    }

   private:
    std::uint64_t* words_;
  };
  /// `change(edit)` is called if the id has a slot.
  template <typename Change>
  bool change(std::uint64_t id, Change change) {
    const auto known = places_.find(id);
    if (known == 0)
      return false;
    write(slots_[known - 1], id, change);
    return true;
  }
  /// Frees every slot: what is no longer followed must not look alive.
  void clear();

  [[nodiscard]] std::size_t open_count() const { return places_.size(); }

 private:
  static constexpr std::size_t kFirstPlaces = 64;
  static_assert(sizeof(Slot) % 8 == 0 && offsetof(Slot, id) == 0);

  bool has_free_slot();
  template <typename Change>
  static void write(Slot& slot, std::uint64_t id, Change& change) {
    // A reader that sees any of the new words must also see that the old id is gone.
    std::atomic_ref(slot.id).store(0, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);
    Edit edit(slot);
    change(edit);
    std::atomic_ref(slot.id).store(id, std::memory_order_release);
  }
  static void write(Slot& slot, const Words& object) {
    const auto all = [&](Edit& edit) {
      for (std::size_t i = 1; i < kWords; ++i) edit.put(8 * i, object[i]);
    };
    write(slot, object[0], all);
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

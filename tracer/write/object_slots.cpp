#include "tracer/write/object_slots.h"

#include <algorithm>
#include <atomic>
#include <utility>

namespace loopscope::tracer {
namespace {

template <typename Word>
void store(Word& word, Word value, std::memory_order order = std::memory_order_relaxed) {
  std::atomic_ref(word).store(value, order);
}

constexpr std::size_t kFirstPlaces = 64;

void write_slot(ObjectSlot& slot, const ObjectSlot& object) {
  std::uint64_t words[4];
  static_assert(sizeof(words) == sizeof(ObjectSlot));
  __builtin_memcpy(words, &object, sizeof(object));
  auto* to = reinterpret_cast<std::uint64_t*>(&slot);
  // A reader that sees any of the new words must also see that the old id is gone.
  store(to[0], std::uint64_t{0});
  std::atomic_thread_fence(std::memory_order_release);
  for (int i = 1; i < 4; ++i) store(to[i], words[i]);
  store(to[0], words[0], std::memory_order_release);
}

}  // namespace

ObjectSlots::ObjectSlots(const PartMemory& slots)
    : memory_(slots), slots_(slots.items<ObjectSlot>()), places_(kFirstPlaces) {}

bool ObjectSlots::open(const ObjectSlot& object) {
  if (const auto known = places_.find(object.id); known != 0) {
    write_slot(slots_[known - 1], object);
    return true;
  }
  if (!has_free_slot())
    return false;
  const auto slot = free_.empty() ? first_unused_++ : free_.back();
  if (!free_.empty())
    free_.pop_back();
  places_.set(object.id, slot + 1);
  write_slot(slots_[slot], object);
  return true;
}

/// And a place in the map for it.
bool ObjectSlots::has_free_slot() {
  if (free_.empty() && !memory_.reach((first_unused_ + 1) * sizeof(ObjectSlot)))
    return false;
  if (places_.full())
    places_.grow();
  return !places_.full();
}

bool ObjectSlots::close(std::uint64_t id) {
  const auto known = places_.erase(id);
  if (known == 0)
    return false;
  store(slots_[known - 1].id, std::uint64_t{0});
  free_.push_back(static_cast<std::uint32_t>(known - 1));
  return true;
}

void ObjectSlots::clear() {
  for (std::uint64_t slot = 0; slot < first_unused_; ++slot) store(slots_[slot].id, std::uint64_t{0});
  places_.clear();
  free_.clear();
  first_unused_ = 0;
}

}  // namespace loopscope::tracer

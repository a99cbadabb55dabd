#include "tracer/write/object_slots.h"

namespace loopscope::tracer {

template <typename Slot>
bool ObjectSlots<Slot>::open(const Words& object) {
  if (const auto known = places_.find(object[0]); known != 0) {
    write(slots_[known - 1], object);
    return true;
  }
  if (!has_free_slot())
    return false;
  const auto slot = free_.empty() ? first_unused_++ : free_.back();
  if (!free_.empty())
    free_.pop_back();
  places_.set(object[0], slot + 1);
  write(slots_[slot], object);
  return true;
}

/// And a place in the map for it.
template <typename Slot>
bool ObjectSlots<Slot>::has_free_slot() {
  if (free_.empty() && !memory_.reach((first_unused_ + 1) * sizeof(Slot)))
    return false;
  if (places_.full())
    places_.grow();
  return !places_.full();
}

template <typename Slot>
bool ObjectSlots<Slot>::close(std::uint64_t id) {
  const auto known = places_.erase(id);
  if (known == 0)
    return false;
  free_slot(slots_[known - 1]);
  free_.push_back(static_cast<std::uint32_t>(known - 1));
  return true;
}

template <typename Slot>
void ObjectSlots<Slot>::clear() {
  for (std::uint64_t slot = 0; slot < first_unused_; ++slot) free_slot(slots_[slot]);
  places_.clear();
  free_.clear();
  first_unused_ = 0;
}

template class ObjectSlots<HandleSlot>;
template class ObjectSlots<TaskSlot>;

}  // namespace loopscope::tracer

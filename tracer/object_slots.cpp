#include "tracer/object_slots.h"

#include <atomic>
#include <bit>

namespace loopscope::tracer {
namespace {

template <typename Word>
void store(Word& word, Word value, std::memory_order order = std::memory_order_relaxed) {
  std::atomic_ref(word).store(value, order);
}

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

ObjectSlots::ObjectSlots(ObjectSlot* slots, std::uint64_t count) : slots_(slots), count_(count) {
  free_.reserve(count);
  const auto places = std::bit_ceil(count * 2);
  // calloc's zeros are untouched pages: a program with ten connections pays for one of them.
  places_.reset(static_cast<Place*>(std::calloc(places, sizeof(Place))));
  mask_ = places - 1;
  if (!places_)
    count_ = 0;
}

bool ObjectSlots::open(const ObjectSlot& object) {
  if (!places_)
    return false;
  if (const auto known = place_of(object.id); places_[known].id == object.id) {
    write_slot(slots_[places_[known].slot], object);
    return true;
  }
  if (free_.empty() && first_unused_ == count_)
    return false;
  std::uint64_t slot = first_unused_;
  if (free_.empty()) {
    ++first_unused_;
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  places_[place_of(object.id)] = {object.id, slot};
  ++open_count_;
  write_slot(slots_[slot], object);
  return true;
}

bool ObjectSlots::close(std::uint64_t id) {
  if (!places_ || id == 0)
    return false;
  const auto place = place_of(id);
  if (places_[place].id != id)
    return false;
  const auto slot = places_[place].slot;
  forget(place);
  --open_count_;
  store(slots_[slot].id, std::uint64_t{0});
  free_.push_back(static_cast<std::uint32_t>(slot));
  return true;
}

bool ObjectSlots::contains(std::uint64_t id) const {
  return places_ && id != 0 && places_[place_of(id)].id == id;
}

void ObjectSlots::clear() {
  for (std::uint64_t slot = 0; slot < first_unused_; ++slot) store(slots_[slot].id, std::uint64_t{0});
  if (open_count_ > 0)
    for (std::size_t place = 0; place <= mask_; ++place) places_[place] = {};
  free_.clear();
  first_unused_ = 0;
  open_count_ = 0;
}

std::size_t ObjectSlots::place_of(std::uint64_t id) const {
  auto place = home_of(id);
  while (places_[place].id != 0 && places_[place].id != id) place = (place + 1) & mask_;
  return place;
}

/// Moves later entries of the same run back, so that no search ever stops at the hole.
void ObjectSlots::forget(std::size_t hole) {
  for (auto next = (hole + 1) & mask_; places_[next].id != 0; next = (next + 1) & mask_) {
    const auto distance_home = (next - home_of(places_[next].id)) & mask_;
    const auto distance_hole = (next - hole) & mask_;
    if (distance_home < distance_hole)
      continue;
    places_[hole] = places_[next];
    hole = next;
  }
  places_[hole] = {};
}

}  // namespace loopscope::tracer

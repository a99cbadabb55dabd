#pragma once
/// The open handles, or the live tasks, of a session: a fixed number of slots that readers may look at.
///
/// Thread: the loop's writes; readers copy a slot and check that its id stayed the same (tracer/format.h).
/// Owner: of a private map from ids to slots, which grows with them; the slots are the session's.
/// Errors: open() answers false if no slot is free, close() false if the id has none.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tracer/format.h"
#include "tracer/word_map.h"
#include "tracer/write/part_memory.h"

namespace loopscope::tracer {

class ObjectSlots {
 public:
  ObjectSlots() = default;  ///< has no slots
  explicit ObjectSlots(const PartMemory& slots);

  /// `object.id` is not 0; if it has a slot already, that slot is written anew.
  bool open(const ObjectSlot& object);
  bool close(std::uint64_t id);
  /// Frees every slot: what is no longer followed must not look alive.
  void clear();

  [[nodiscard]] std::size_t open_count() const { return places_.size(); }

 private:
  bool has_free_slot();

  PartMemory memory_;
  ObjectSlot* slots_ = nullptr;
  std::uint64_t first_unused_ = 0;   ///< slots from here on were never used
  std::vector<std::uint32_t> free_;  ///< slots below it that are free again
  WordMap places_;                   ///< from ids to slots + 1
};

}  // namespace loopscope::tracer

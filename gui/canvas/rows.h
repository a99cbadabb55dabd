#pragma once
/// What of a list fits into its card. Pure. A row is shown whole or not at all.
///
/// Thread: any. Errors: none. Units: pixels.

#include <algorithm>
#include <cstddef>
#include <vector>

namespace loopscope::gui {

/// How many rows of `height` fit whole.
inline std::size_t whole_rows(float room, float height) {
  constexpr float kRounding = 0.01F;
  return room <= 0 || height <= 0 ? 0 : static_cast<std::size_t>((room + kRounding) / height);
}

/// The rows [first, end) of a list.
struct RowRange {
  std::size_t first = 0;
  std::size_t end = 0;
  bool operator==(const RowRange&) const = default;
};

/// The blocks that fit whole below each other, from `first` on, with `gap` between them. If not all blocks fit, `note` is kept
/// free below them for a line that says so. `first` is moved so that no room is left over at the end of the list. One block is
/// always shown, even if it is higher than the room.
RowRange whole_blocks(const std::vector<float>& heights, float gap, float room, float note, std::size_t first);

/// The room that whole_blocks() leaves over for a part of the next block; 0 if there is none. The note is not needed if that block
/// is the last one and the first one is shown, too.
float room_for_the_next(const std::vector<float>& heights, float gap, float room, float note,
                        const RowRange& shown);

}  // namespace loopscope::gui

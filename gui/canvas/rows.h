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

/// The indices of `now` in the order of `before`; those that are not in `before` follow in their own order. So a list whose
/// order changes does not move under the mouse. `Key` has ==.
template <typename Key>
std::vector<std::size_t> steady_order(const std::vector<Key>& before, const std::vector<Key>& now) {
  std::vector<std::size_t> order;
  std::vector<bool> used(now.size(), false);
  std::size_t next = 0;  // usually little has moved, so the search begins after the last one found
  for (const Key& key : before) {
    for (std::size_t n = 0; n < now.size(); ++n) {
      const std::size_t i = (next + n) % now.size();
      if (used[i] || !(now[i] == key))
        continue;
      used[i] = true;
      order.push_back(i);
      next = i + 1;
      break;
    }
  }
  for (std::size_t i = 0; i < now.size(); ++i) {
    if (!used[i])
      order.push_back(i);
  }
  return order;
}

}  // namespace loopscope::gui

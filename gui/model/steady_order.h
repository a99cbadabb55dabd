#pragma once
/// Keeps the rows of a list in their places while its order changes. Pure. Thread: any. Errors: none.

#include <cstddef>
#include <vector>

namespace loopscope::gui {

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

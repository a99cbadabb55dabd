#include "gui/canvas/rows.h"

namespace loopscope::gui {

namespace {

/// The end of the blocks that fit from `first` on; at least one does.
std::size_t end_from(const std::vector<float>& heights, float gap, float room, std::size_t first) {
  float used = 0;
  std::size_t end = first;
  for (; end < heights.size(); ++end) {
    used += heights[end] + (end > first ? gap : 0);
    if (used > room + 0.01F && end > first)
      break;
  }
  return end;
}

}  // namespace

RowRange whole_blocks(const std::vector<float>& heights, float gap, float room, float note, std::size_t first) {
  if (heights.empty())
    return {};
  float all = gap * static_cast<float>(heights.size() - 1);
  for (const float height : heights) all += height;
  if (all <= room + 0.01F)
    return {0, heights.size()};
  room -= note;
  std::size_t latest = heights.size() - 1;
  while (latest > 0 && end_from(heights, gap, room, latest - 1) == heights.size()) --latest;
  first = std::min(first, latest);
  return {first, end_from(heights, gap, room, first)};
}

float room_for_the_next(const std::vector<float>& heights, float gap, float room, float note,
                        const RowRange& shown) {
  if (shown.end >= heights.size())
    return 0;
  const bool completes = shown.first == 0 && shown.end + 1 == heights.size();
  float left = room - (completes ? 0 : note);
  for (std::size_t i = shown.first; i < shown.end; ++i) left -= heights[i] + gap;
  return std::max(left, 0.0F);
}

}  // namespace loopscope::gui

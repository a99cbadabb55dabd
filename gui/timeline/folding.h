#pragma once
/// Slices as marks: what rows have in common when they are laid out.
///
/// The cost depends on pixels, not on events. Slices that are narrower than kFoldPx and begin in the same cell of kFoldPx are
/// folded into one mark. The mark has their count and their longest slice, so a spike never disappears. Cells are aligned to
/// time and not to the screen, so marks do not change when the user pans.
/// Pure. Thread: one. Errors: none. Units: pixels, ns.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "gui/timeline/row.h"
#include "tracer/analysis/column.h"

namespace loopscope::gui {

inline constexpr float kFoldPx = 3;

/// The length of a cell.
inline std::int64_t cell_ns(const Viewport& viewport) {
  return std::max<std::int64_t>(static_cast<std::int64_t>(viewport.ns_per_px() * kFoldPx), 1);
}

/// Visits the slices of `column` that are in view: each wide one alone by wide(i), narrow ones as runs by run(from, to).
template <typename Slice, typename Summary, std::uint64_t kChunk, typename Wide, typename Run>
void fold(const tracer::Column<Slice, Summary, kChunk>& column, const Viewport& viewport, Wide wide, Run run) {
  const std::int64_t cell = cell_ns(viewport);
  std::uint64_t i = column.first_ending_after(viewport.begin_ns() - 1);
  while (i < column.last() && column[i].begin_ns < viewport.end_ns()) {
    if (column[i].end_ns - column[i].begin_ns >= cell) {
      wide(i++);
      continue;
    }
    const std::int64_t next_cell = (column[i].begin_ns / cell + 1) * cell;
    std::uint64_t end = column.first_beginning_at(std::min(next_cell, viewport.end_ns()), i + 1);
    // Slices of a row do not overlap, so only the last one that begins in a cell can be wider than the cell.
    if (column[end - 1].end_ns - column[end - 1].begin_ns >= cell)
      --end;
    run(i, end);
    i = end;
  }
}

/// A mark within the viewport, at least one pixel wide.
Mark place(const Viewport& viewport, std::int64_t begin_ns, std::int64_t end_ns);
/// The mark of one slice.
Mark place_slice(const Viewport& viewport, std::int64_t begin_ns, std::int64_t end_ns, std::uint64_t index);
/// Adds a mark. Marks that were widened to a pixel may overlap; the later one is then moved.
void push(std::vector<Mark>& marks, Mark mark);
/// Adds what began at `begin_ns` and has not ended, if it is in view.
void lay_open(std::vector<Mark>& marks, const Scene& scene, std::int64_t begin_ns,
              tracer::Activity activity = tracer::Activity::unknown);

/// Adds marks for a column whose summary knows the longest slice. Answers how many slices are in view.
template <typename Slice, typename Summary, std::uint64_t kChunk>
std::uint64_t lay_slices(std::vector<Mark>& marks, const tracer::Column<Slice, Summary, kChunk>& column,
                         const Viewport& viewport) {
  std::uint64_t slices = 0;
  fold(
      column, viewport,
      [&](std::uint64_t i) {
        push(marks, place_slice(viewport, column[i].begin_ns, column[i].end_ns, i));
        ++slices;
      },
      [&](std::uint64_t from, std::uint64_t to) {
        Mark mark = place(viewport, column[from].begin_ns, column[to - 1].end_ns);
        const tracer::Worst worst = column.summarise(from, to);
        mark.count = to - from;
        mark.worst_ns = worst.duration_ns;
        mark.index = worst.index;
        push(marks, mark);
        slices += to - from;
      });
  return slices;
}

}  // namespace loopscope::gui

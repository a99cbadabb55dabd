#pragma once
/// The timeline as rectangles: model and viewport in, marks out. Pure; the view paints them.
///
/// The cost depends on pixels, not on events. Slices that are narrower than kFoldPx and begin in the same cell of kFoldPx are
/// folded into one mark. The mark has their count and their longest slice, so a spike never disappears. Cells are aligned to
/// time and not to the screen, so marks do not change when the user pans.
/// Thread: one. Errors: none. Units: pixels, ns.

#include <cstdint>
#include <string>
#include <vector>

#include "gui/canvas/geometry.h"
#include "gui/timeline/viewport.h"
#include "tracer/analysis/trace_model.h"

namespace loopscope::gui {

inline constexpr float kFoldPx = 3;
inline constexpr std::int64_t kNotKnown = -1;

enum class RowKind : std::uint8_t { iterations, phases, callbacks, task, reads, writes, gil_wait, ready };

/// One rectangle: a slice, or several folded ones. In the phases row the folded slices of a cell become one mark for each
/// activity, stacked: `y0`..`y1` is the activity's share of the time.
struct Mark {
  float x0 = 0;
  float x1 = 0;
  float y0 = 0;  ///< 0 at the top of the row, 1 at its bottom
  float y1 = 1;
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::uint64_t count = 1;    ///< how many slices; in the phases row only those of its activity
  std::int64_t total_ns = 0;  ///< their total time
  std::int64_t worst_ns = 0;  ///< the longest of them
  std::uint64_t index = 0;    ///< of the slice, or the longest one, in the row's column; not set for folded phases
  std::uint64_t bytes = 0;    ///< reads, writes: their sum
  tracer::Activity activity = tracer::Activity::unknown;  ///< phases row
  bool folded = false;  ///< phases row: begin and end are those of the whole stack
  bool open = false;    ///< it has not ended yet
};

struct TimeSpan {
  std::int64_t begin_ns;
  std::int64_t end_ns;
};

/// The wait of a step, from ready to begin.
struct WaitMark {
  float x0;
  float x1;
  std::int64_t waited_ns;
  std::uint64_t index;
};

struct Row {
  RowKind kind;
  std::string label;  ///< empty for tasks: the view fills it in, because the layout knows no names
  Rect area;
  std::vector<Mark> marks;
  std::vector<WaitMark> waits;               ///< tasks
  const tracer::TaskTrack* track = nullptr;  ///< tasks
  /// Ready: the depth of the queue for each pixel from the left of the row; kNotKnown where it is not known.
  std::vector<std::int64_t> depths;
  std::vector<std::vector<Point>> lines;  ///< ready: depths as lines, broken where they are not known
  std::uint64_t peak = 0;                 ///< ready: the largest depth in view
  float peak_x = 0;
  float kept_x =
      0;  ///< what lies left of it is no longer kept; not right of the row's left end if all in view is kept
};

struct GapMark {
  float x0;
  float x1;
  tracer::Gap gap;
};

struct TimelineLayout {
  std::vector<Row> rows;
  std::vector<GapMark> gaps;
  std::uint64_t slices = 0;  ///< in view, folded or not
};

struct TimelineRequest {
  Rect area;                  ///< of the rows; its x is that of the viewport
  float unit = 18;            ///< height of a line of text
  std::size_t task_rows = 8;  ///< at most
  std::int64_t now_ns = 0;    ///< the end of marks that are still open
  std::vector<TimeSpan> off;  ///< when the program recorded nothing
};

TimelineLayout lay_out(const tracer::TraceModel& model, const Viewport& viewport, const TimelineRequest& request);

/// The mark under `p` in a row, or the nearest one within 2.5 pixels; null if there is none.
const Mark* mark_at(const Row& row, Point p);

}  // namespace loopscope::gui

#pragma once
/// The timeline as rectangles: model and viewport in, marks out. Pure; the view paints them.
///
/// Cost follows pixels, not events: what is narrower than kFoldPx is folded, with what else begins in the same
/// cell of kFoldPx, into one mark that carries the count and the longest slice, so that a spike never disappears.
/// Cells are aligned to time, not to the screen, so that panning does not make marks shimmer.
/// Thread: one. Errors: none. Units: pixels, ns.

#include <cstdint>
#include <string>
#include <vector>

#include "gui/geometry.h"
#include "gui/viewport.h"
#include "tracer/analysis/trace_model.h"

namespace loopscope::gui {

inline constexpr float kFoldPx = 3;
inline constexpr std::int64_t kNotKnown = -1;

enum class RowKind : std::uint8_t { iterations, phases, callbacks, task, reads, writes, gil_wait, ready };

/// One rectangle: a slice, or several that were folded. A mark of the phases row is a pile: `y0`..`y1` is its
/// share of the row, so that folded phases show how the time was shared.
struct Mark {
  float x0 = 0;
  float x1 = 0;
  float y0 = 0;  ///< 0 at the row's top, 1 at its bottom
  float y1 = 1;
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::uint64_t count = 1;    ///< slices in it; of its own activity alone in the phases row
  std::int64_t total_ns = 0;  ///< what they took together
  std::int64_t worst_ns = 0;  ///< the longest of them
  std::uint64_t index = 0;    ///< in the row's column: of the slice, or of the longest one; not of folded phases
  std::uint64_t bytes = 0;    ///< reads, writes: of all of them
  tracer::Activity activity = tracer::Activity::unknown;  ///< phases row
  bool folded = false;  ///< phases row: begin and end are those of all slices that share its place
  bool open = false;    ///< it has not ended yet
};

/// A step that waited: from ready to begin.
struct WaitMark {
  float x0;
  float x1;
  std::int64_t waited_ns;
  std::uint64_t index;
};

struct Row {
  RowKind kind;
  std::string label;  ///< filled by the view for tasks: the layout knows no names
  Rect area;
  std::vector<Mark> marks;
  std::vector<WaitMark> waits;               ///< tasks
  const tracer::TaskTrack* track = nullptr;  ///< tasks
  /// Ready: the depth of the queue by pixel from the row's left; kNotKnown where nobody recorded it.
  std::vector<std::int64_t> depths;
  std::vector<std::vector<Point>> lines;  ///< ready: the same as runs of points, broken where it is not known
  std::uint64_t peak = 0;                 ///< ready: the deepest in view
  float peak_x = 0;
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
  Rect area;                  ///< of the rows; the viewport lies on its x
  float unit = 18;            ///< height of a line of text
  std::size_t task_rows = 8;  ///< at most
  std::int64_t now_ns = 0;    ///< where what is open ends
};

TimelineLayout lay_out(const tracer::TraceModel& model, const Viewport& viewport, const TimelineRequest& request);

/// The mark under `x` in a row; null if there is none within a pixel or two.
const Mark* mark_at(const Row& row, Point p);

}  // namespace loopscope::gui

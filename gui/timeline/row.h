#pragma once
/// A row of the timeline. Each kind of row is a type that has its layout, its drawing and its words in one file;
/// gui/timeline/rows.h lists the kinds.
///
/// The timeline first asks how much height a row wants, then calls lay_out() once with the area that the row got. A row without
/// room gets no call and stays without strips. Drawing and words use only what lay_out() left behind, and the names of the source.
/// Thread: one. Owner: of its marks; a row must not outlive the model that it was laid out from. Errors: none.
/// Units: pixels, ns.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gui/canvas/painter.h"
#include "gui/model/trace_source.h"
#include "gui/timeline/viewport.h"
#include "tracer/analysis/trace_model.h"

namespace loopscope::gui {

/// One rectangle: a slice, or several folded ones. In the phases row the folded slices of a cell become one mark for each
/// activity, stacked: `y0`..`y1` is the activity's share of the time.
struct Mark {
  float x0 = 0;
  float x1 = 0;
  float y0 = 0;  ///< 0 at the top of the strip, 1 at its bottom
  float y1 = 1;
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;
  std::uint64_t count = 1;    ///< how many slices; in the phases row only those of its activity
  std::int64_t total_ns = 0;  ///< their total time
  std::int64_t worst_ns = 0;  ///< the longest of them
  std::uint64_t index = 0;  ///< of the slice, or the longest one, in the strip's column; not set for folded phases
  std::uint64_t bytes = 0;  ///< bytes row: their sum
  tracer::Activity activity = tracer::Activity::unknown;  ///< phases row
  bool folded = false;  ///< phases row: begin and end are those of the whole stack
  bool open = false;    ///< it has not ended yet
};

/// Marks beside each other. Most rows have one strip, the tasks have one each.
struct Strip {
  std::string label;  ///< left of it; empty if the row draws its labels itself
  Rect area;
  float
      kept_x;  ///< left of it the app keeps nothing any more; at the strip's left end if it keeps all that is in view
  std::vector<Mark> marks;
};

struct TimeSpan {
  std::int64_t begin_ns;
  std::int64_t end_ns;
};

/// What rows are laid out from.
struct Scene {
  const tracer::TraceModel& model;
  const Viewport& viewport;
  float unit;                        ///< height of a line of text
  std::size_t task_rows;             ///< at most
  std::int64_t now_ns;               ///< the end of marks that are still open
  const std::vector<TimeSpan>& off;  ///< when the program recorded nothing
};

/// Who gets its height first.
enum class Need : std::uint8_t {
  always,   ///< before all others
  if_room,  ///< next, from the bottom row up, if enough is left for the row that fills the rest
  rest,     ///< last; one row of the timeline
};

/// What the timeline has to know of a kind of row. Heights are in lines of text.
struct RowTraits {
  Need need = Need::always;
  float lines = 0;      ///< its height
  float keep = 0;       ///< if_room: what it has to leave for the row that fills the rest
  float share = 0;      ///< how much of the room that is left over in the end makes it higher
  float most_more = 0;  ///< but not by more than this
  bool line_above = true;
  tracer::Level level = tracer::Level::phases;  ///< the lowest level that records it
};

using Lines = std::vector<std::string>;

/// What lies under the mouse.
struct Hit {
  Lines lines;                            ///< the tooltip; its first line is the heading
  std::optional<Rect> outline;            ///< of a mark that a click selects
  tracer::NameId name = tracer::kNoName;  ///< the callback that a click selects
};

class Row {
 public:
  [[nodiscard]] const RowTraits& traits() const { return traits_; }
  [[nodiscard]] const std::vector<Strip>& strips() const { return strips_; }
  /// How many slices are in view, folded or not.
  [[nodiscard]] std::uint64_t slices() const { return slices_; }

  /// Need::rest: how much of `room` it uses.
  virtual float fill(const Scene&, float /*room*/) { return 0; }
  virtual void lay_out(const Scene& scene, const Rect& area) = 0;

  /// It outlines callbacks of the name `selected`; kNoName selects none.
  virtual void draw(Painter& painter, const TraceSource& source, tracer::NameId selected) const = 0;
  /// What stands left of the row, with its tooltip.
  virtual void draw_labels(Painter& painter, const Rect& gutter, const TraceSource& source) const;

  /// Empty if nothing lies there.
  [[nodiscard]] virtual std::optional<Hit> hit(const TraceSource& source, Point at) const;

 protected:
  explicit Row(const RowTraits& traits) : traits_(traits) {}
  Row(const Row&) = default;
  Row(Row&&) = default;
  Row& operator=(const Row&) = default;
  Row& operator=(Row&&) = default;
  ~Row() = default;

  /// The tooltip of a mark in the strip of that number.
  [[nodiscard]] virtual Lines describe(const TraceSource& source, std::size_t strip, const Mark& mark) const = 0;
  /// The callback that a click on the mark selects; empty if marks cannot be selected.
  [[nodiscard]] virtual std::optional<tracer::NameId> name_of(const TraceSource&, std::size_t /*strip*/,
                                                              const Mark&) const {
    return std::nullopt;
  }
  [[nodiscard]] virtual const Mark* mark_at(const Strip& strip, Point at) const;

  /// Adds a strip without marks. `dropped_until_ns`: the app keeps nothing older; 0 if it keeps all.
  Strip& add_strip(const Scene& scene, const Rect& area, const char* label, std::int64_t dropped_until_ns);

  RowTraits traits_;
  std::vector<Strip> strips_;
  std::uint64_t slices_ = 0;
};

/// The mark under `at`, or the nearest one within 2.5 pixels; null if there is none. If marks are `stacked`, only those at the
/// mouse's height count.
const Mark* nearest_mark(const Strip& strip, Point at, bool stacked);

/// The place of a mark on the screen.
Rect rect_of(const Strip& strip, const Mark& mark);

}  // namespace loopscope::gui

#pragma once
/// A table: sorted by a click on a column, scrolled by the wheel. Rows are shown whole, or not. Where there is little room,
/// columns are left out.
///
/// It keeps how it is sorted and scrolled from frame to frame; its lines are new in each frame.
/// Thread: the app's one. Errors: none. Units: pixels, unless said otherwise.

#include <cstdint>
#include <string>
#include <vector>

#include "gui/canvas/painter.h"
#include "gui/canvas/rows.h"
#include "tracer/read/session.h"

namespace loopscope::gui {

struct TableCell {
  std::string text;
  Color color;
  std::string tip;
};
struct TableColumn {
  const char* title;
  float width;  ///< design pixels; 0: all the rest
  bool right;
  bool mono;
  int priority;  ///< where there is little room, the column with the highest number is left out first
};
struct TableLine {
  std::vector<TableCell> cells;
  std::vector<double> keys;  ///< what each column sorts by
  tracer::NameId name = tracer::kNoName;
  std::uint64_t id = 0;  ///< tells lines of one table apart
  bool alarm = false;
};

class Table {
 public:
  struct Sort {
    std::size_t column;
    bool descending;
  };
  explicit Table(Sort sort) : sort_(sort) {}

  /// Draws `empty` if there are no lines. A click on a line selects its name, or nothing if it was selected.
  void draw(Painter& painter, Rect area, const std::vector<TableColumn>& columns,
            const std::vector<TableLine>& lines, const std::string& empty, tracer::NameId& selected);

 private:
  /// A column that there is room for.
  struct Place {
    std::size_t column;
    float x0;
    float x1;
  };
  static std::vector<Place> place(const Painter& painter, const Rect& area,
                                  const std::vector<TableColumn>& columns);
  void draw_titles(Painter& painter, const Rect& titles, const std::vector<TableColumn>& columns,
                   const std::vector<Place>& places);
  /// The lines in the order to show. While the mouse is over them they keep their places.
  std::vector<const TableLine*> ordered(const std::vector<TableLine>& lines, bool steady);
  RowRange scroll(Painter& painter, Rect& area, std::size_t lines, float step);

  Sort sort_;
  std::size_t first_ = 0;             ///< the first line that is shown
  std::vector<std::uint64_t> shown_;  ///< the ids of the lines, as they were ordered last
};

}  // namespace loopscope::gui

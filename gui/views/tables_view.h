#pragma once
/// The tables: callbacks, tasks, handles. Sorted by a click on a column, scrolled by the wheel. Rows are shown whole, or not.

#include "gui/canvas/painter.h"
#include "gui/canvas/rows.h"
#include "gui/model/digest.h"
#include "gui/model/handle_peers.h"

namespace loopscope::gui {

enum class Tab : std::uint8_t { callbacks, tasks, handles };

class TablesView {
 public:
  /// True if the user clicked Reset: the callback table is to count from now on.
  bool draw(Painter& painter, const Rect& area, const TraceSource& source, const Digest& digest,
            tracer::NameId& selected);
  [[nodiscard]] Tab tab() const { return tab_; }
  void next_tab() { tab_ = static_cast<Tab>((static_cast<int>(tab_) + 1) % 3); }

 private:
  struct Cell {
    std::string text;
    Color color;
    std::string tip;
  };
  struct Column {
    const char* title;
    float width;  ///< design pixels; 0: all the rest
    bool right;
    bool mono;
    int priority;  ///< where there is little room, the column with the highest number is left out first
  };
  struct Line {
    std::vector<Cell> cells;
    std::vector<double> keys;  ///< what each column sorts by
    tracer::NameId name = tracer::kNoName;
    std::uint64_t id = 0;  ///< tells lines of one table apart
    bool alarm = false;
  };
  struct Sort {
    std::size_t column;
    bool descending;
  };

  /// Answers the x at which the tabs end.
  float draw_tabs(Painter& painter, Rect head, tracer::Level level, const Digest& digest);
  void draw_table(Painter& painter, Rect area, const std::vector<Column>& columns, std::vector<Line> lines,
                  const std::string& empty, tracer::NameId& selected);
  /// The lines in the order to show. While the mouse is over them they keep their places.
  std::vector<const Line*> ordered(const std::vector<Line>& lines, bool steady);
  RowRange scroll(Painter& painter, Rect& area, std::size_t lines, float step);
  std::vector<Line> callback_lines(const Theme& theme, const Digest& digest) const;
  std::vector<Line> task_lines(const Theme& theme, const Digest& digest) const;
  std::vector<Line> handle_lines(const Theme& theme, const TraceSource& source, const Digest& digest) const;

  HandlePeers peers_;
  Tab tab_ = Tab::callbacks;
  std::array<Sort, 3> sorts_{{{3, true}, {4, true}, {7, true}}};
  std::array<std::size_t, 3> firsts_{};              ///< the first line that is shown
  std::array<std::vector<std::uint64_t>, 3> shown_;  ///< the ids of the lines, as they were ordered last
};

}  // namespace loopscope::gui

#pragma once
/// The card of the tables: callbacks, tasks, handles. Thread: the app's one. Errors: none.

#include <array>
#include <vector>

#include "gui/canvas/painter.h"
#include "gui/model/digest.h"
#include "gui/model/handle_peers.h"
#include "gui/views/table.h"

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
  /// Answers the x at which the tabs end.
  float draw_tabs(Painter& painter, Rect head, tracer::Level level, const Digest& digest);
  std::vector<TableLine> callback_lines(const Theme& theme, const Digest& digest) const;
  std::vector<TableLine> task_lines(const Theme& theme, const Digest& digest) const;
  std::vector<TableLine> handle_lines(const Theme& theme, const TraceSource& source, const Digest& digest) const;

  HandlePeers peers_;
  Tab tab_ = Tab::callbacks;
  std::array<Table, 3> tables_{{Table({3, true}), Table({4, true}), Table({7, true})}};
};

}  // namespace loopscope::gui

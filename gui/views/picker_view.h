#pragma once
/// The list of sessions: live ones to attach to, dead ones to open, and advice if there are none.

#include <optional>

#include "gui/canvas/painter.h"
#include "gui/canvas/window.h"
#include "gui/model/session_watch.h"
#include "tracer/read/session_list.h"

namespace loopscope::gui {

class PickerView {
 public:
  /// The path that the user picked in this frame. It shows `message` above the list: why the last attach failed.
  std::optional<std::string> draw(Painter& painter, const Rect& window, bool overlay, const std::string& message,
                                  double seconds);
  void key(Key key);
  [[nodiscard]] bool take_dismissed();
  void refresh_soon() { listed_ = -1; }

 private:
  void list(double seconds);
  void draw_row(Painter& painter, const Rect& row, const tracer::SessionEntry& entry, bool chosen) const;
  [[nodiscard]] std::string title_of(const tracer::SessionEntry& entry) const;
  void draw_scroll_bar(Painter& painter, const Rect& list, std::size_t fits) const;
  void draw_empty(Painter& painter, Rect area, const std::string& message) const;

  std::vector<tracer::SessionEntry> entries_;
  std::string error_;
  double listed_ = -1;
  SessionWatch watch_;
  std::size_t cursor_ = 0;
  std::size_t first_ = 0;  ///< the first visible row
  bool moved_ = false;     ///< a key moved the cursor: the list scrolls to it
  bool enter_ = false;
  bool dismissed_ = false;
};

}  // namespace loopscope::gui

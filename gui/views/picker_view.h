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
  /// It is the whole screen, or lies over the session that is shown.
  enum class Place : std::uint8_t { screen, overlay };
  /// The path that the user picked in this frame. It shows `message` above the list: why the last attach failed. `shown` is the
  /// path of the session that the app shows; the list marks it.
  std::optional<std::string> draw(Painter& painter, const Rect& window, Place place, const std::string& message,
                                  const std::string& shown, double seconds);
  void key(Key key);
  [[nodiscard]] bool take_dismissed();
  /// It was opened: lists at once, and again until it knows what each loop does.
  void refresh_soon() {
    listed_ = -1;
    looks_ = 0;
  }
  /// True if a frame would show something new and must not wait.
  [[nodiscard]] bool wants_frame(double seconds) const {
    return looks_ < kLooks && seconds - listed_ >= kListEvery;
  }

 private:
  void list(double seconds);
  /// Where a row is drawn, and what is special about it.
  struct RowPlace {
    Rect rect;
    float middle_width = 0;  ///< of the column with level and age; 0: there is no room for it
    bool chosen = false;
    bool shown = false;  ///< the app shows this session now
  };
  [[nodiscard]] float middle_width(const Painter& painter, float row_width) const;
  void draw_row(Painter& painter, const RowPlace& place, const tracer::SessionEntry& entry) const;
  void draw_title(Painter& painter, Point at, const RowPlace& place, const tracer::SessionEntry& entry,
                  float room) const;
  void tell_more(Painter& painter, const tracer::SessionEntry& entry, bool shown) const;
  [[nodiscard]] std::string title_of(const tracer::SessionEntry& entry) const;
  void draw_scroll_bar(Painter& painter, const Rect& list, std::size_t fits) const;
  void draw_empty(Painter& painter, Rect area, const std::string& message) const;

  static constexpr double kListEvery = 1;  ///< seconds
  static constexpr int kLooks = 2;         ///< rates are known from the second look on
  std::vector<tracer::SessionEntry> entries_;
  std::string error_;
  double listed_ = -1;
  int looks_ = 0;  ///< since it was opened; at most kLooks
  SessionWatch watch_;
  std::size_t cursor_ = 0;
  std::size_t first_ = 0;  ///< the first visible row
  bool moved_ = false;     ///< a key moved the cursor: the list scrolls to it
  bool enter_ = false;
  bool dismissed_ = false;
};

}  // namespace loopscope::gui

#pragma once
/// The app: what is attached, what is paused, where everything lies on the screen.
///
/// Thread: the main one; it drains, models and draws, and never waits for the program. Beside it, once, a thread measures
///   what recording costs on this machine.
/// Owner: of the attached session and of the views. Errors: attach() answers a sentence.

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "gui/digest.h"
#include "gui/loop_view.h"
#include "gui/picker_view.h"
#include "gui/tables_view.h"
#include "gui/timeline_view.h"
#include "gui/window.h"

namespace loopscope::gui {

struct AppOptions {
  tracer::Level level = tracer::Level::callbacks;  ///< off: ask the program for nothing
  bool dark = true;
  float scale = 1;
  bool unattended = false;  ///< a screenshot: the mouse is nowhere
};

class App {
 public:
  App(Window& window, const AppOptions& options)
      : window_(window), options_(options), theme_(options.dark ? dark_theme() : light_theme()) {}

  /// Empty on success, else a sentence for the user.
  std::string attach(const std::string& path);
  [[nodiscard]] bool attached() const { return source_ != nullptr; }
  [[nodiscard]] bool quit() const { return quit_; }
  /// Nothing on the screen can have changed by itself since the last frame.
  [[nodiscard]] bool quiet() const { return quiet_; }
  [[nodiscard]] bool standing_still() const { return source_ == nullptr || paused_ || source_->ended(); }

  /// Drains and draws. `seconds` is a clock that only rises; `capture`, if not null, gets a copy of the frame.
  void frame(double seconds, Image* capture = nullptr);
  /// Pauses on the worst finding and brings it into view; false if there is none.
  bool show_worst_finding();

 private:
  void handle_key(const KeyPress& press);
  void toggle_pause();
  void attach_to_the_only_one(double seconds);
  void pump(double seconds);
  void calibrate();
  void draw(Painter& painter, const Rect& window, double seconds);
  void draw_screen(Painter& painter, Rect window, double seconds);
  void draw_right(Painter& painter, Rect area);
  void draw_compact(Painter& painter, Rect area);
  void draw_table_and_findings(Painter& painter, Rect area);
  void show(tracer::Finding finding);  ///< by value: pausing makes a new digest
  [[nodiscard]] std::int64_t view_now_ns() const { return paused_at_ns_.value_or(source_->now_ns()); }

  Window& window_;
  AppOptions options_;
  Theme theme_;
  std::unique_ptr<TraceSource> source_;
  Digest digest_;
  std::int64_t digested_ns_ = -1;
  Calibration calibration_;
  std::future<std::optional<tracer::RecordingCosts>> calibrating_;
  LoopView loop_view_;
  TimelineView timeline_;
  TablesView tables_;
  PickerView picker_;
  bool picker_open_ = false;
  bool picked_once_ = false;
  std::string message_;
  bool paused_ = false;
  std::optional<std::int64_t> paused_at_ns_;
  bool quit_ = false;
  bool quiet_ = false;
  double looked_for_sessions_ = -1;
};

}  // namespace loopscope::gui

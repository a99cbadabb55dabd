#pragma once
/// The app: what is attached, what is paused, where everything lies on the screen.
///
/// Thread: the main one, which draws. A Reader reads on a thread of its own; what is drawn is looked at under its lock, which is
///   never held while the window system is talked to. Beside them, once, a thread measures what recording costs on this machine.
/// Owner: of the attached session and of the views. Errors: attach() answers a sentence.

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "gui/digest.h"
#include "gui/loop_view.h"
#include "gui/pacing.h"
#include "gui/picker_view.h"
#include "gui/reader.h"
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
  [[nodiscard]] bool quit() const { return quit_; }
  /// What has changed by itself since the last frame. To be asked between frames, a few times a second: nothing but the time
  /// may call for the next one. `seconds` as in frame().
  [[nodiscard]] Motion motion(double seconds);

  /// Draws. `seconds` is a clock that only rises; `capture`, if not null, gets a copy of the frame.
  void frame(double seconds, Image* capture = nullptr);
  /// Pauses on the worst finding and brings it into view; false if there is none.
  bool show_worst_finding();

 private:
  /// What calls for a new frame if it changes while the view stands still.
  struct Standing {
    bool ended = false;
    tracer::Level level = tracer::Level::off;
    tracer::LeaseState lease = tracer::LeaseState::none;
    bool operator==(const Standing&) const = default;
  };
  static Standing standing(const TraceSource& source) { return {source.ended(), source.level(), source.lease()}; }

  void open_chosen();
  void handle_key(const KeyPress& press);
  void handle_view_key(TraceSource& source, const KeyPress& press);
  void toggle_pause(TraceSource& source);
  void attach_to_the_only_one(double seconds);
  void update(TraceSource& source);
  void calibrate();
  void draw(Painter& painter, const Rect& window, double seconds);
  void draw_screen(Painter& painter, Rect window, TraceSource& source);
  void draw_right(Painter& painter, Rect area, TraceSource& source);
  void draw_compact(Painter& painter, Rect area, TraceSource& source);
  void draw_table_and_findings(Painter& painter, Rect area, TraceSource& source);
  bool show_worst(TraceSource& source);
  void show(TraceSource& source, tracer::Finding finding);  ///< by value: pausing makes a new digest

  Window& window_;
  AppOptions options_;
  Theme theme_;
  std::unique_ptr<Reader> reader_;
  std::optional<std::string> chosen_;  ///< the session to attach to before the next frame
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
  bool quit_ = false;
  Standing drawn_;
  std::uint64_t drawn_events_ = 0;
  double looked_for_sessions_ = -1;
};

}  // namespace loopscope::gui

#pragma once
/// The app: it attaches to a session, pauses the view, and places everything on the screen.
///
/// Thread: the main one, which draws. A Reader reads on a thread of its own. The app holds the Reader's lock while it lays out
///   the picture, and never while it talks to the window system. A third thread measures once what recording costs on this
///   machine.
/// Owner: of the attached session and of the views. Errors: attach() answers a sentence.

#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gui/canvas/window.h"
#include "gui/model/latest_digest.h"
#include "gui/model/pacing.h"
#include "gui/model/reader.h"
#include "gui/timeline/timeline_view.h"
#include "gui/views/findings_view.h"
#include "gui/views/picker_view.h"
#include "gui/views/tables_view.h"

namespace loopscope::gui {

struct AppOptions {
  tracer::Level level = tracer::Level::callbacks;  ///< off: ask the program for nothing
  bool dark = true;
  float scale = 1;
  bool unattended = false;  ///< for a screenshot: the app ignores the mouse
};

class App {
 public:
  App(Window& window, const AppOptions& options)
      : window_(window), options_(options), theme_(options.dark ? dark_theme() : light_theme()) {}

  /// Empty on success, else a sentence for the user.
  std::string attach(const std::string& path);
  [[nodiscard]] bool quit() const { return quit_; }
  /// What has changed on the screen since the last frame without input. To be called between frames, several times a second.
  /// `seconds` is as in frame().
  [[nodiscard]] Motion motion(double seconds);

  /// Draws one frame. `seconds` is a clock that never goes back. `capture` gets a copy of the frame if it is not null.
  void frame(double seconds, Image* capture = nullptr);
  /// Pauses on the worst finding and brings it into view; false if there is none.
  bool show_worst_finding();

 private:
  /// The state that needs a new frame when it changes while the view is paused.
  struct Standing {
    bool ended = false;
    tracer::Level level = tracer::Level::off;
    tracer::LeaseState lease = tracer::LeaseState::none;
    bool operator==(const Standing&) const = default;
  };
  static Standing standing(const TraceSource& source) { return {source.ended(), source.level(), source.lease()}; }

  /// What lies over the view and takes keys and mouse.
  enum class Overlay : std::uint8_t { none, sessions, help };
  /// A sentence that is shown for a few seconds.
  struct Notice {
    std::string text;
    double until = 0;
  };

  void open_chosen();
  void handle_key(const KeyPress& press);
  bool handle_overlay_key(const KeyPress& press);
  void handle_view_key(TraceSource& source, const KeyPress& press);
  void set_text_size(float wanted);
  void say(std::string text) { notice_ = {std::move(text), now_ + 4}; }
  void open_sessions();
  void toggle_pause(TraceSource& source);
  void attach_to_the_only_one(double seconds);
  void update(TraceSource& source);
  void calibrate();
  void draw(Painter& painter, const Rect& window);
  void draw_below(Painter& painter, const Rect& window);
  void draw_notice(Painter& painter, const Rect& window) const;
  void draw_screen(Painter& painter, Rect window, TraceSource& source);
  void draw_right(Painter& painter, Rect area, TraceSource& source);
  void draw_compact(Painter& painter, Rect area, TraceSource& source);
  void draw_table_and_findings(Painter& painter, Rect area, TraceSource& source);
  bool show_worst(TraceSource& source);
  void show(TraceSource& source, tracer::Finding finding);  ///< by value: pausing makes a new digest
  void pause(TraceSource& source);

  Window& window_;
  AppOptions options_;
  Theme theme_;
  std::unique_ptr<Reader> reader_;
  std::optional<std::string> chosen_;  ///< the session to attach to before the next frame
  LatestDigest digest_;
  Calibration calibration_;
  std::future<std::optional<tracer::RecordingCosts>> calibrating_;
  TimelineView timeline_;
  TablesView tables_;
  FindingsView findings_;
  PickerView picker_;
  Overlay overlay_ = Overlay::none;
  Notice notice_;
  double now_ = 0;  ///< the clock of frame()
  bool picked_once_ = false;
  std::string message_;
  bool quit_ = false;
  Standing drawn_;
  std::uint64_t drawn_events_ = 0;
  double looked_for_sessions_ = -1;
};

}  // namespace loopscope::gui

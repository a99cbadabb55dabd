#pragma once
/// The app: puts the attached session, the Live screen and what may lie over it into frames.
///
/// Thread: the main one, which draws. A Reader reads on a thread of its own. The app holds the Reader's lock while it lays out
///   the picture, and never while it talks to the window system. A third thread measures once what recording costs on this
///   machine.
/// Owner: of the attached session and of the screens. Errors: attach() answers a sentence.

#include <cstdint>
#include <string>
#include <utility>

#include "gui/attachment.h"
#include "gui/canvas/window.h"
#include "gui/cost_measurement.h"
#include "gui/model/pacing.h"
#include "gui/screens/commands.h"
#include "gui/screens/live.h"
#include "gui/views/picker_view.h"

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
      : window_(window),
        options_(options),
        theme_(options.dark ? dark_theme() : light_theme()),
        attachment_(options.level),
        live_(options.level) {}

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
  /// What lies over the view and takes keys and mouse.
  enum class Overlay : std::uint8_t { none, sessions, help };
  /// A sentence that is shown for a few seconds.
  struct Notice {
    std::string text;
    double until = 0;
  };

  void show_attached();
  void measure_costs();
  void handle_key(const KeyPress& press);
  void obey(Command command);
  void set_text_size(float wanted);
  void toggle_presenter_text();
  void say(std::string text) { notice_ = {std::move(text), now_ + 4}; }
  void open_sessions();
  void draw(Painter& painter, const Rect& window);
  void draw_below(Painter& painter, const Rect& window);
  void draw_sessions(Painter& painter, const Rect& window);
  void draw_notice(Painter& painter, const Rect& window) const;

  Window& window_;
  AppOptions options_;
  Theme theme_;
  Attachment attachment_;
  CostMeasurement costs_;
  LiveScreen live_;
  PickerView picker_;
  Overlay overlay_ = Overlay::none;
  Notice notice_;
  double now_ = 0;  ///< the clock of frame()
  bool quit_ = false;
};

}  // namespace loopscope::gui

#pragma once
/// The window on the screen: the only part of the app that knows GLFW and OpenGL.
///
/// Thread: the main one. Owner: of the window, the OpenGL context and the toolkit's context.
/// Errors: open() answers a sentence for the user (no display, no OpenGL).

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gui/canvas/fonts.h"
#include "gui/canvas/keys.h"
#include "gui/canvas/painter.h"
#include "gui/canvas/window_geometry.h"

struct GLFWwindow;

namespace loopscope::gui {

struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;  ///< rows from the top
};

class Window {
 public:
  struct Opened {
    std::unique_ptr<Window> window;  ///< null on error
    std::string message;
  };
  static Opened open(int width, int height, const std::string& title);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  [[nodiscard]] bool should_close() const;
  [[nodiscard]] bool focused() const;
  [[nodiscard]] bool iconified() const;
  [[nodiscard]] bool software_rendering() const { return software_; }
  [[nodiscard]] const std::string& renderer() const { return renderer_; }
  [[nodiscard]] WindowGeometry geometry() const;
  void set_title(const std::string& title);

  /// Waits for an event of the window system, for `seconds` at most. True if there was input.
  bool wait(double seconds);
  std::vector<KeyPress> take_keys();

  /// Loads the faces at `scale` times the design's sizes, and glyphs for characters that were drawn without one. Cheap if nothing
  /// changed.
  void load_faces(float scale);
  [[nodiscard]] bool wants_glyphs() const { return fonts_.wants_more(); }
  [[nodiscard]] const Faces& faces() const { return fonts_.faces(); }

  /// Draws one frame on `background`. `draw` gets the lists to draw into and the mouse, both in pixels. The buffer swap after it
  /// may block for as long as the window is hidden, so `draw` must give back its locks before it returns. `capture` gets a copy of
  /// the frame if it is not null.
  void frame(Color background, const std::function<void(ImDrawList*, ImDrawList*, const Pointer&)>& draw,
             Image* capture);

 private:
  Window() = default;
  [[nodiscard]] Image read_pixels() const;
  struct State;
  static void listen(GLFWwindow* window);
  std::unique_ptr<State> state_;
  Fonts fonts_;
  bool software_ = false;
  std::string renderer_;
};

}  // namespace loopscope::gui

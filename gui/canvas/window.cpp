#include "gui/canvas/window.h"

#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>

#define GLFW_INCLUDE_NONE
#include <GL/gl.h>
#include <GLFW/glfw3.h>
#include <imgui.h>

#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>

namespace loopscope::gui {

struct Window::State {
  GLFWwindow* window = nullptr;
  bool toolkit = false;
  bool input = false;
  std::vector<KeyPress> keys;
};

namespace {

std::string& last_glfw_error() {
  static std::string text;  // GLFW reports through a plain function
  return text;
}

struct KeyName {
  int glfw;
  Key key;
};
constexpr std::array kKeys{
    KeyName{GLFW_KEY_SPACE, Key::space},
    KeyName{GLFW_KEY_LEFT, Key::left},
    KeyName{GLFW_KEY_RIGHT, Key::right},
    KeyName{GLFW_KEY_UP, Key::up},
    KeyName{GLFW_KEY_DOWN, Key::down},
    KeyName{GLFW_KEY_HOME, Key::home},
    KeyName{GLFW_KEY_END, Key::end},
    KeyName{GLFW_KEY_EQUAL, Key::plus},
    KeyName{GLFW_KEY_KP_ADD, Key::plus},
    KeyName{GLFW_KEY_MINUS, Key::minus},
    KeyName{GLFW_KEY_KP_SUBTRACT, Key::minus},
    KeyName{GLFW_KEY_0, Key::zero},
    KeyName{GLFW_KEY_KP_0, Key::zero},
    KeyName{GLFW_KEY_ESCAPE, Key::escape},
    KeyName{GLFW_KEY_ENTER, Key::enter},
    KeyName{GLFW_KEY_F1, Key::f1},
    KeyName{GLFW_KEY_F2, Key::f2},
    KeyName{GLFW_KEY_F3, Key::f3},
    KeyName{GLFW_KEY_F, Key::f},
    KeyName{GLFW_KEY_G, Key::g},
    KeyName{GLFW_KEY_H, Key::h},
    KeyName{GLFW_KEY_L, Key::l},
    KeyName{GLFW_KEY_Q, Key::q},
    KeyName{GLFW_KEY_S, Key::s},
    KeyName{GLFW_KEY_TAB, Key::tab},
};

std::string describe_failure(const char* what) {
  const std::string reason = last_glfw_error().empty() ? "" : " (" + last_glfw_error() + ")";
  return std::string(what) + reason;
}

}  // namespace

Window::Opened Window::open(int width, int height, const std::string& title) {
  glfwSetErrorCallback([](int, const char* text) { last_glfw_error() = text; });
  if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr) {
    return {nullptr,
            "No display: neither DISPLAY nor WAYLAND_DISPLAY is set. "
            "Start it in a desktop session, or under a virtual one: xvfb-run loopscope-gui …"};
  }
#ifdef GLFW_PLATFORM  // GLFW 3.4
  // Otherwise it tries Wayland first, whose library complains on stderr where there is none.
  if (std::getenv("WAYLAND_DISPLAY") == nullptr && glfwPlatformSupported(GLFW_PLATFORM_X11) == GLFW_TRUE)
    glfwInitHint(GLFW_PLATFORM, GLFW_PLATFORM_X11);
#endif
  if (glfwInit() == GLFW_FALSE) {
    return {nullptr, describe_failure("The display cannot be opened") +
                         ". Check DISPLAY, or use a virtual one: xvfb-run loopscope-gui …"};
  }
  std::unique_ptr<Window> opened(new Window);
  opened->state_ = std::make_unique<State>();
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  glfwWindowHint(GLFW_OPENGL_FORWARD_COMPAT, GLFW_TRUE);
  glfwWindowHintString(GLFW_X11_CLASS_NAME, "loopscope");
  glfwWindowHintString(GLFW_X11_INSTANCE_NAME, "loopscope");
  State& state = *opened->state_;
  state.window = glfwCreateWindow(width, height, title.c_str(), nullptr, nullptr);
  if (state.window == nullptr) {
    return {nullptr, describe_failure("OpenGL 3.2 is not available on this display") +
                         ". Install a driver; Mesa's software renderer (libgl1-mesa-dri) is enough."};
  }
  glfwSetWindowSizeLimits(state.window, 800, 520, GLFW_DONT_CARE, GLFW_DONT_CARE);
  glfwMakeContextCurrent(state.window);
  glfwSwapInterval(1);
  const auto* name = reinterpret_cast<const char*>(glGetString(GL_RENDERER));
  opened->renderer_ = name == nullptr ? "unknown" : name;
  for (const char* software : {"llvmpipe", "softpipe", "swrast", "Software"}) {
    if (opened->renderer_.find(software) != std::string::npos)
      opened->software_ = true;
  }

  glfwSetWindowUserPointer(state.window, &state);
  listen(state.window);  // before the backend, which calls the callbacks that were set before its own
  ImGui::CreateContext();
  state.toolkit = true;
  ImGui::GetIO().IniFilename = nullptr;
  ImGui_ImplGlfw_InitForOpenGL(state.window, true);
  ImGui_ImplOpenGL3_Init("#version 150");
  return {std::move(opened), {}};
}

void Window::listen(GLFWwindow* window) {
  static const auto note_input = [](GLFWwindow* w) {
    static_cast<State*>(glfwGetWindowUserPointer(w))->input = true;
  };
  glfwSetKeyCallback(window, [](GLFWwindow* w, int key, int, int action, int modifiers) {
    note_input(w);
    if (action == GLFW_RELEASE)
      return;
    for (const KeyName& name : kKeys) {
      if (name.glfw != key)
        continue;
      const bool ctrl = (modifiers & GLFW_MOD_CONTROL) != 0;
      const bool shift = (modifiers & GLFW_MOD_SHIFT) != 0;
      static_cast<State*>(glfwGetWindowUserPointer(w))->keys.push_back({name.key, ctrl, shift});
    }
  });
  glfwSetCharCallback(window, [](GLFWwindow* w, unsigned character) {
    if (character == '?')
      static_cast<State*>(glfwGetWindowUserPointer(w))->keys.push_back({Key::question, false, true});
  });
  glfwSetScrollCallback(window, [](GLFWwindow* w, double, double) { note_input(w); });
  glfwSetMouseButtonCallback(window, [](GLFWwindow* w, int, int, int) { note_input(w); });
  glfwSetCursorPosCallback(window, [](GLFWwindow* w, double, double) { note_input(w); });
  glfwSetFramebufferSizeCallback(window, [](GLFWwindow* w, int, int) { note_input(w); });
  glfwSetWindowRefreshCallback(window, [](GLFWwindow* w) { note_input(w); });  // it was covered
  glfwSetWindowIconifyCallback(window, [](GLFWwindow* w, int) { note_input(w); });
  glfwSetWindowFocusCallback(window, [](GLFWwindow* w, int) { note_input(w); });
}

Window::~Window() {
  if (state_->toolkit) {
    ImGui_ImplOpenGL3_Shutdown();
    ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
  }
  if (state_->window != nullptr)
    glfwDestroyWindow(state_->window);
  glfwTerminate();
}

bool Window::should_close() const {
  return glfwWindowShouldClose(state_->window) != 0;
}
bool Window::focused() const {
  return glfwGetWindowAttrib(state_->window, GLFW_FOCUSED) != 0;
}
bool Window::iconified() const {
  return glfwGetWindowAttrib(state_->window, GLFW_ICONIFIED) != 0;
}
void Window::set_title(const std::string& title) {
  glfwSetWindowTitle(state_->window, title.c_str());
}

WindowGeometry Window::geometry() const {
  int width = 0;
  int height = 0;
  float scale = 1;
  WindowGeometry geometry;
  glfwGetWindowSize(state_->window, &width, &height);
  geometry.units = {static_cast<float>(width), static_cast<float>(height)};
  glfwGetFramebufferSize(state_->window, &width, &height);
  geometry.pixels = {static_cast<float>(width), static_cast<float>(height)};
  glfwGetWindowContentScale(state_->window, &scale, nullptr);
  geometry.scale = std::max(scale, 0.5F);
  return geometry;
}

bool Window::wait(double seconds) {
  state_->input = false;
  if (seconds <= 0) {
    glfwPollEvents();
  } else {
    glfwWaitEventsTimeout(seconds);
  }
  return state_->input;
}

std::vector<KeyPress> Window::take_keys() {
  return std::exchange(state_->keys, {});
}

void Window::load_faces(float scale) {
  if (!fonts_.load(scale))
    return;
#if IMGUI_VERSION_NUM < 19200  // later versions upload glyphs by themselves
  ImGui_ImplOpenGL3_DestroyFontsTexture();
  ImGui_ImplOpenGL3_CreateFontsTexture();
#endif
}

void Window::frame(Color background, const std::function<void(ImDrawList*, ImDrawList*, const Pointer&)>& draw,
                   Image* capture) {
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  const WindowGeometry window = geometry();
  ImGuiIO& io = ImGui::GetIO();
  // The toolkit would draw in window units and stretch the picture. We draw in pixels, so that text is sharp.
  io.DisplaySize = {window.pixels.x, window.pixels.y};
  io.DisplayFramebufferScale = {1, 1};
  ImGui::NewFrame();
  Pointer pointer;
  pointer.at = window.to_pixels({io.MousePos.x, io.MousePos.y});
  pointer.pressed = ImGui::IsMouseClicked(0);
  pointer.released = ImGui::IsMouseReleased(0);
  pointer.down = ImGui::IsMouseDown(0);
  pointer.wheel = io.MouseWheel;
  pointer.wheel_sideways = io.MouseWheelH;
  pointer.ctrl = io.KeyCtrl;
  draw(ImGui::GetBackgroundDrawList(), ImGui::GetForegroundDrawList(), pointer);
  ImGui::Render();
  glViewport(0, 0, static_cast<int>(window.pixels.x), static_cast<int>(window.pixels.y));
  const auto channel = [background](unsigned shift) {
    return static_cast<float>((background >> shift) & 0xFF) / 255.0F;
  };
  glClearColor(channel(0), channel(8), channel(16), 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
  if (capture != nullptr)
    *capture = read_pixels();  // before the swap: the front buffer need not be readable
  glfwSwapBuffers(state_->window);
}

Image Window::read_pixels() const {
  const Point pixels = geometry().pixels;
  Image image;
  image.width = static_cast<int>(pixels.x);
  image.height = static_cast<int>(pixels.y);
  const std::size_t row = static_cast<std::size_t>(image.width) * 3;
  std::vector<std::uint8_t> upside_down(row * static_cast<std::size_t>(image.height));
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadBuffer(GL_BACK);
  glReadPixels(0, 0, image.width, image.height, GL_RGB, GL_UNSIGNED_BYTE, upside_down.data());
  image.rgb.resize(upside_down.size());
  for (int y = 0; y < image.height; ++y) {
    const auto from = upside_down.begin() + static_cast<std::ptrdiff_t>(row) * (image.height - 1 - y);
    std::copy(from, from + static_cast<std::ptrdiff_t>(row),
              image.rgb.begin() + static_cast<std::ptrdiff_t>(row) * y);
  }
  return image;
}

}  // namespace loopscope::gui

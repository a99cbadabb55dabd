/// To be preloaded before the app: window sizes are those of a Wayland desktop of scale 2. A window unit is two pixels.

#include <dlfcn.h>

#include <initializer_list>

struct GLFWwindow;

extern "C" void glfwGetWindowSize(GLFWwindow* window, int* width, int* height) {
  using Get = void (*)(GLFWwindow*, int*, int*);
  const auto framebuffer_size = reinterpret_cast<Get>(dlsym(RTLD_NEXT, "glfwGetFramebufferSize"));
  int pixels_x = 0;
  int pixels_y = 0;
  framebuffer_size(window, &pixels_x, &pixels_y);
  if (width != nullptr)
    *width = pixels_x / 2;
  if (height != nullptr)
    *height = pixels_y / 2;
}

extern "C" void glfwGetWindowContentScale(GLFWwindow*, float* x, float* y) {
  for (float* scale : {x, y}) {
    if (scale != nullptr)
      *scale = 2;
  }
}

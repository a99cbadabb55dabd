#include "gui/canvas/png.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#include <stb_image_write.h>
#pragma GCC diagnostic pop

#include "tracer/read/printable.h"

namespace loopscope::gui {

bool write_png(const std::string& path, const Image& image, std::string& error) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (!file) {
    error = "The screenshot cannot be written to " + tracer::printable(path) + ": " + std::strerror(errno) + ".";
    return false;
  }
  const auto append = [](void* context, void* data, int size) {
    static_cast<std::ofstream*>(context)->write(static_cast<const char*>(data), size);
  };
  const int encoded =
      stbi_write_png_to_func(append, &file, image.width, image.height, 3, image.rgb.data(), image.width * 3);
  file.close();
  if (encoded != 0 && file)
    return true;
  error = "The screenshot could not be written to " + tracer::printable(path) + " completely: is the disk full?";
  return false;
}

}  // namespace loopscope::gui

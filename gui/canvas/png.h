#pragma once
/// Writes an image as PNG. Thread: any.

#include <string>

#include "gui/canvas/window.h"

namespace loopscope::gui {

/// False and a sentence in `error` if the file cannot be written.
bool write_png(const std::string& path, const Image& image, std::string& error);

}  // namespace loopscope::gui

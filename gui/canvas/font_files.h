#pragma once
/// Finds the font files for scripts that the design's own fonts lack.
/// Thread: any. Errors: none; missing files are left out. Cost: a walk over the font folders, some ms.

#include <filesystem>
#include <string>
#include <vector>

namespace loopscope::gui {

/// Where fonts lie on this system: /usr/share/fonts, /usr/local/share/fonts, and the user's own.
std::vector<std::filesystem::path> font_folders();

/// The fallback files, in the order of preference: the first one that has a glyph draws it.
std::vector<std::string> fallback_fonts(const std::vector<std::filesystem::path>& folders);

}  // namespace loopscope::gui

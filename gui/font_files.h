#pragma once
/// Which font files there are: those of the design, and those that help out with other scripts.
/// Thread: any. Errors: none; what is not there is left out. Cost: a walk over the font folders, some ms.

#include <filesystem>
#include <string>
#include <vector>

namespace loopscope::gui {

/// Where fonts lie on this system: /usr/share/fonts, /usr/local/share/fonts, and the user's own.
std::vector<std::filesystem::path> font_folders();

/// Files with the scripts that the design's own fonts lack, in the order in which they are asked: the first that has a glyph
/// draws it.
std::vector<std::string> fallback_fonts(const std::vector<std::filesystem::path>& folders);

}  // namespace loopscope::gui

#include "gui/canvas/font_files.h"

#include <array>
#include <cstdlib>
#include <map>
#include <string_view>
#include <system_error>

namespace loopscope::gui {

namespace {

namespace fs = std::filesystem;

/// Beginnings of file names, in the order of preference: first Arabic and Hebrew, then East Asia, then fonts with some of
/// everything.
constexpr std::array kWanted{
    std::string_view{"DejaVuSans."},
    std::string_view{"NotoSansCJK-Regular"},
    std::string_view{"NotoSansCJKsc-Regular"},
    std::string_view{"NotoSansCJKjp-Regular"},
    std::string_view{"NotoSansSC-Regular"},
    std::string_view{"NotoSansJP-Regular"},
    std::string_view{"NotoSansKR-Regular"},
    std::string_view{"SourceHanSans-Regular"},
    std::string_view{"DroidSansFallback"},
    std::string_view{"wqy-microhei"},
    std::string_view{"wqy-zenhei"},
    std::string_view{"ipag"},
    std::string_view{"NanumGothic."},
    std::string_view{"NotoSansArabic-Regular"},
    std::string_view{"NotoSansHebrew-Regular"},
    std::string_view{"NotoSansDevanagari-Regular"},
    std::string_view{"NotoSansThai-Regular"},
    std::string_view{"FreeSans."},
    std::string_view{"unifont."},
};

bool is_font(const fs::path& path) {
  const std::string ending = path.extension().string();
  return ending == ".ttf" || ending == ".ttc" || ending == ".otf";
}

}  // namespace

std::vector<fs::path> font_folders() {
  std::vector<fs::path> folders{"/usr/share/fonts", "/usr/local/share/fonts"};
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != 0) {
    folders.emplace_back(fs::path(home) / ".local/share/fonts");
    folders.emplace_back(fs::path(home) / ".fonts");
  }
  return folders;
}

std::vector<std::string> fallback_fonts(const std::vector<fs::path>& folders) {
  std::map<std::size_t, std::string> found;  // the first file for each wish
  for (const fs::path& folder : folders) {
    std::error_code error;
    fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
    for (const fs::recursive_directory_iterator end; !error && at != end; at.increment(error)) {
      const std::string name = at->path().filename().string();
      for (std::size_t i = 0; i < kWanted.size(); ++i) {
        if (name.starts_with(kWanted[i]) && is_font(at->path()))
          found.emplace(i, at->path().string());
      }
    }
  }
  std::vector<std::string> files;
  for (const auto& [wish, file] : found) files.push_back(file);
  return files;
}

}  // namespace loopscope::gui

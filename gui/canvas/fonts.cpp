#include "gui/canvas/fonts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <system_error>

#include <imgui.h>

#include "gui/canvas/font_files.h"

namespace loopscope::gui {

namespace {

/// The first of these paths that exists; empty if none does.
std::string find_font(std::initializer_list<const char*> candidates) {
  for (const char* path : candidates) {
    std::error_code error;
    if (std::filesystem::exists(path, error))
      return path;
  }
  return {};
}

struct FaceSpec {
  Face face;
  float size;
  bool mono;
  bool heavy;
};
constexpr std::array<FaceSpec, kFaceCount> kFaceSpecs{{
    {Face::tiny, 12, false, false},
    {Face::small, 13.5F, false, false},
    {Face::body, 15, false, false},
    {Face::strong, 15, false, true},
    {Face::title, 17, false, true},
    {Face::hero, 26, false, true},
    {Face::mono_tiny, 12, true, false},
    {Face::mono_small, 13, true, false},
    {Face::mono, 14, true, false},
    {Face::mono_strong, 14, true, true},
}};

/// The limit of extra glyphs that are looked up, because the size of a texture is limited.
constexpr std::size_t kMostAsked = 4096;

std::string file_of(const FaceSpec& spec) {
  if (spec.mono && spec.heavy)
    return find_font({"/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-Bold.ttf",
                      "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf"});
  if (spec.mono)
    return find_font({"/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-Regular.ttf",
                      "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf"});
  if (spec.heavy)
    return find_font({"/usr/share/fonts/opentype/inter/Inter-SemiBold.otf",
                      "/usr/share/fonts/truetype/inter/Inter-SemiBold.ttf",
                      "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"});
  return find_font({"/usr/share/fonts/opentype/inter/Inter-Regular.otf",
                    "/usr/share/fonts/truetype/inter/Inter-Regular.ttf",
                    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"});
}

/// The code points that the renderer can address, as ranges that end with 0.
std::vector<ImWchar> ranges_of(const std::set<char32_t>& points) {
  std::vector<ImWchar> ranges;
  for (const char32_t point : points) {
    if (point > IM_UNICODE_CODEPOINT_MAX)
      continue;
    ranges.push_back(static_cast<ImWchar>(point));
    ranges.push_back(static_cast<ImWchar>(point));
  }
  ranges.push_back(0);
  return ranges;
}

}  // namespace

Fonts::Fonts() {
  for (LoadedFace& face : faces_) face.missing = &missing_;
}

bool Fonts::wants_more() const {
  const auto is_new = [this](char32_t point) { return !asked_.contains(point); };
  return asked_.size() < kMostAsked && std::any_of(missing_.begin(), missing_.end(), is_new);
}

bool Fonts::load(float scale) {
  const bool rescaled = std::fabs(scale - scale_) >= 0.001F;
  const bool asked_for_more = wants_more();
  if (!rescaled && !asked_for_more)
    return false;
  if (asked_for_more)
    asked_.insert(missing_.begin(), missing_.end());
  missing_.clear();
  make(scale);
  scale_ = scale;
  return true;
}

void Fonts::make(float scale) {
  if (!asked_.empty() && !looked_for_fallbacks_) {
    looked_for_fallbacks_ = true;
    for (const std::string& path : fallback_fonts(font_folders())) {
      std::ifstream file(path, std::ios::binary);
      fallbacks_.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  // Latin, Greek and Cyrillic (Python's names may be written in them), dashes, bullet, ellipsis, arrows, minus.
  static constexpr ImWchar kRanges[] = {0x20,   0x17F,  0x370,  0x3FF,  0x400,  0x4FF,  0x2010, 0x2026, 0x2190,
                                        0x2193, 0x2212, 0x2212, 0x221E, 0x221E, 0x2264, 0x2265, 0};
  const std::vector<ImWchar> more = ranges_of(asked_);
  ImGuiIO& io = ImGui::GetIO();
  io.Fonts->Clear();
  for (const FaceSpec& spec : kFaceSpecs) {
    const std::string path = file_of(spec);
    const float size = std::round(spec.size * scale);
    ImFontConfig config;
    config.OversampleH = 2;
    config.OversampleV = 1;
    ImFont* font = path.empty() ? nullptr : io.Fonts->AddFontFromFileTTF(path.c_str(), size, &config, kRanges);
    if (font == nullptr) {
      config.SizePixels = size;
      font = io.Fonts->AddFontDefault(&config);
    }
    faces_[static_cast<std::size_t>(spec.face)].font = font;
    faces_[static_cast<std::size_t>(spec.face)].size = size;
    if (more.size() == 1)
      continue;
    ImFontConfig merge;
    merge.MergeMode = true;
    merge.OversampleH = 1;
    merge.OversampleV = 1;
    merge.FontDataOwnedByAtlas = false;
    for (std::string& fallback : fallbacks_) {
      if (!fallback.empty())
        io.Fonts->AddFontFromMemoryTTF(fallback.data(), static_cast<int>(fallback.size()), size, &merge,
                                       more.data());
    }
  }
#if IMGUI_VERSION_NUM < 19200  // later ones rasterise glyphs when they are first used
  io.Fonts->Build();
#endif
}

}  // namespace loopscope::gui

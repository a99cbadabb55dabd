#pragma once
/// Prepares text in any script for a renderer and a font that may lack glyphs. Pure. Thread: any. Errors: none.
///
/// The renderer draws one glyph for each code point, from left to right. So this file reverses text that is written from right
/// to left. It does not join letters: Arabic is shown in isolated forms.

#include <functional>
#include <string>
#include <string_view>

namespace loopscope::gui {

using HasGlyph = std::function<bool(char32_t)>;

/// `text` in the order in which it is drawn. A character without a glyph becomes an escape ("\u53d7"), never a question mark.
/// ASCII stays as it is, and costs nothing but a copy.
std::string drawable(std::string_view text, const HasGlyph& has_glyph);

/// True if `text` is plain ASCII and does not need drawable().
bool is_ascii(std::string_view text);

}  // namespace loopscope::gui

#pragma once
/// Text in any script, made fit to be drawn by a font that may not have it all. Pure. Thread: any. Errors: none.
///
/// The renderer draws one glyph for each code point from left to right, so what is written from right to left is turned here.
/// Letters are not joined: Arabic stands in its isolated forms.

#include <functional>
#include <string>
#include <string_view>

namespace loopscope::gui {

using HasGlyph = std::function<bool(char32_t)>;

/// `text` in the order in which it is drawn, with what has no glyph as an escape ("\u53d7"), never as a question mark.
/// Answers at once for ASCII.
std::string drawable(std::string_view text, const HasGlyph& has_glyph);

/// Does `text` need drawable()? Plain ASCII does not.
bool is_ascii(std::string_view text);

}  // namespace loopscope::gui

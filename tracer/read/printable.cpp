#include "tracer/read/printable.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace loopscope::tracer {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

constexpr Range kNotPlain[] = {
    {0x0000, 0x001F},    // controls
    {0x007F, 0x009F},    // DEL, and controls of 8-bit terminals
    {0x00AD, 0x00AD},    // soft hyphen
    {0x061C, 0x061C},    // Arabic letter mark
    {0x180E, 0x180E},    // Mongolian vowel separator
    {0x200B, 0x200B},    // zero width space
    {0x200E, 0x200F},    // marks of direction
    {0x2028, 0x202E},    // line and paragraph separators, embeddings, overrides
    {0x2060, 0x206F},    // word joiner, invisible operators, isolates, deprecated formats
    {0xD800, 0xDFFF},    // surrogates
    {0xFEFF, 0xFEFF},    // byte order mark
    {0xFFF0, 0xFFFB},    // annotations
    {0xFFFE, 0xFFFF},    // no characters
    {0xE0000, 0xE0FFF},  // tags
};

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

bool is_shown_as_it_is(char byte) {
  return byte >= 0x20 && byte < 0x7F;
}

void append_hex(std::string& to, const char* prefix, std::uint32_t value, int digits) {
  constexpr std::string_view kHex = "0123456789abcdef";
  to += prefix;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    to += kHex[(value >> static_cast<unsigned>(shift)) & 0xFU];
}

void append_escaped(std::string& to, char32_t code_point) {
  if (code_point == '\n')
    to += "\\n";
  else if (code_point == '\r')
    to += "\\r";
  else if (code_point == '\t')
    to += "\\t";
  else if (code_point <= 0xFF)
    append_hex(to, "\\x", code_point, 2);
  else if (code_point <= 0xFFFF)
    append_hex(to, "\\u", code_point, 4);
  else
    append_hex(to, "\\U", code_point, 8);
}

}  // namespace

// Unicode 15, table 3-7: no overlong forms, no surrogates, nothing beyond U+10FFFF.
Character character_at(std::string_view text, std::size_t at) {
  constexpr Character kNone{1, kNoCharacter};
  const auto first = byte_at(text, at);
  if (first < 0x80)
    return {1, first};
  if (first < 0xC2 || first > 0xF4)
    return kNone;
  const std::size_t bytes = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (at + bytes > text.size())
    return kNone;
  char32_t code_point = first & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = byte_at(text, at + i);
    if ((next & 0xC0U) != 0x80U)
      return kNone;
    code_point = code_point << 6U | (next & 0x3FU);
  }
  const bool overlong = (bytes == 3 && code_point < 0x800) || (bytes == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  return overlong || surrogate || code_point > 0x10FFFF ? kNone : Character{bytes, code_point};
}

bool is_plain(char32_t code_point) {
  if (code_point >= 0x20 && code_point < 0x7F)
    return true;
  const auto* range = std::upper_bound(std::begin(kNotPlain), std::end(kNotPlain), code_point,
                                       [](char32_t value, const Range& r) { return value < r.first; });
  return code_point <= 0x10FFFF && (range == std::begin(kNotPlain) || code_point > std::prev(range)->last);
}

std::string printable(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_shown_as_it_is))
    return std::string(text);
  std::string shown;
  shown.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto [bytes, code_point] = character_at(text, at);
    if (code_point == kNoCharacter)
      append_hex(shown, "\\x", byte_at(text, at), 2);
    else if (is_plain(code_point))
      shown += text.substr(at, bytes);
    else
      append_escaped(shown, code_point);
    at += bytes;
  }
  return shown;
}

}  // namespace loopscope::tracer

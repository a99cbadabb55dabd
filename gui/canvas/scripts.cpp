#include "gui/canvas/scripts.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "tracer/read/printable.h"

namespace loopscope::gui {

namespace {

bool from_right(char32_t c) {
  return (c >= 0x0590 && c <= 0x08FF) || (c >= 0xFB1D && c <= 0xFDFF) || (c >= 0xFE70 && c <= 0xFEFF);
}

/// A character without a direction: it takes that of its neighbours.
bool neutral(char32_t c) {
  return c == U'_' || c == U' ' || c == U'.' || c == U'-';
}

/// A combining mark belongs to the letter before it.
bool combines(char32_t c) {
  return (c >= 0x0300 && c <= 0x036F) || (c >= 0x0591 && c <= 0x05BD) || (c >= 0x064B && c <= 0x065F) ||
         c == 0x0670;
}

std::vector<char32_t> decode(std::string_view text) {
  std::vector<char32_t> points;
  for (std::size_t at = 0; at < text.size();) {
    const tracer::Character character = tracer::character_at(text, at);
    points.push_back(character.code_point == tracer::kNoCharacter ? 0xFFFD : character.code_point);
    at += character.bytes;
  }
  return points;
}

/// Reverses one run by letters. Combining marks stay after their letters.
void turn(std::vector<char32_t>& points, std::size_t from, std::size_t to) {
  const auto at = [&](std::size_t i) { return points.begin() + static_cast<std::ptrdiff_t>(i); };
  std::reverse(at(from), at(to));
  for (std::size_t i = from; i < to; ++i) {
    std::size_t letter = i;
    while (letter < to && combines(points[letter])) ++letter;
    if (letter > i && letter < to) {
      std::reverse(at(i), at(letter + 1));
      i = letter;
    }
  }
}

void turn_runs(std::vector<char32_t>& points) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!from_right(points[i]))
      continue;
    std::size_t end = i + 1;
    for (std::size_t next = end; next < points.size() && (from_right(points[next]) || neutral(points[next]));
         ++next) {
      if (from_right(points[next]))
        end = next + 1;
    }
    turn(points, i, end);
    i = end - 1;
  }
}

void put_utf8(std::string& text, char32_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr unsigned kFirst[] = {0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(kFirst[more] | (c >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) text += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F));
}

void put_escape(std::string& text, char32_t c) {
  char escape[16];
  std::snprintf(escape, sizeof(escape), c < 0x10000 ? "\\u%04x" : "\\U%08x", static_cast<unsigned>(c));
  text += escape;
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string drawable(std::string_view text, const HasGlyph& has_glyph) {
  if (is_ascii(text))
    return std::string(text);
  std::vector<char32_t> points = decode(text);
  turn_runs(points);
  std::string shown;
  for (const char32_t c : points) {
    if (c < 0x80 || has_glyph(c))
      put_utf8(shown, c);
    else
      put_escape(shown, c);
  }
  return shown;
}

}  // namespace loopscope::gui

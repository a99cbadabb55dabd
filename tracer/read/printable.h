#pragma once
/// Makes text from strangers fit to be shown: names of functions and files, command lines, paths.
///
/// All text from a session that a person sees goes through here: the command line, error sentences, the app's words. A terminal
/// must not obey a name, a line must stay one line, and a reader must see the characters in the order in which they are
/// written. Lines of JSON lose nothing, and escape the same characters in JSON's own way.
/// Thread: any. Errors: none; any bytes will do.

#include <cstddef>
#include <string>
#include <string_view>

namespace loopscope::tracer {

/// One character of a text that may be no valid UTF-8.
struct Character {
  std::size_t bytes;    ///< how many it takes, 1 if it is none
  char32_t code_point;  ///< kNoCharacter for a byte that belongs to no character
};
inline constexpr char32_t kNoCharacter = 0xFFFFFFFF;

/// The character that begins at `text[at]`.
Character character_at(std::string_view text, std::size_t at);
/// False for what acts instead of being seen: controls, line separators, what turns the direction of writing, and other
/// characters without a shape. The joiners that Persian and emoji need are plain.
bool is_plain(char32_t code_point);

/// `text` as valid UTF-8, with "\n", "\x1b" and "\u202e" for what is not plain, and "\xff" for bytes that are no character.
std::string printable(std::string_view text);

}  // namespace loopscope::tracer

#pragma once
/// The keys that the app knows.

#include <cstddef>
#include <cstdint>

namespace loopscope::gui {

enum class Key : std::uint8_t {
  space,
  left,
  right,
  up,
  down,
  home,
  end,
  plus,
  minus,
  zero,
  escape,
  enter,
  f1,
  f2,
  f3,
  f,
  g,
  h,
  l,
  q,
  s,
  tab,
  question,  ///< "?", wherever the keyboard has it
};
inline constexpr std::size_t kKeyCount = static_cast<std::size_t>(Key::question) + 1;

struct KeyPress {
  Key key;
  bool ctrl;
  bool shift;
};

}  // namespace loopscope::gui

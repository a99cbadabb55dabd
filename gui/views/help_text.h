#pragma once
/// The words of the help: keys, mouse, colours and signs. Thread: any. Errors: none.

#include <cstdint>
#include <string>
#include <vector>

#include "gui/canvas/keys.h"
#include "tracer/analysis/slices.h"

namespace loopscope::gui {

struct HelpKey {
  std::string keys;  ///< as people call them
  std::string does;
  std::vector<Key> all;
};
std::vector<HelpKey> help_keys();

struct HelpGesture {
  std::string where;
  std::string does;
};
std::vector<HelpGesture> help_gestures();

struct HelpSign {
  enum class Look : std::uint8_t { plain, asleep, held, waits, not_recorded, lost, triangle, diamond, word };
  Look look;
  std::string word;           ///< for Look::word
  tracer::Activity activity;  ///< whose colour it has
  std::string means;
};
std::vector<HelpSign> help_signs();

}  // namespace loopscope::gui

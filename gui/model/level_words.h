#pragma once
/// What the app says about the tracing level: which one is in force, whether this app raised it, or why it cannot. Thread: the
/// source's. Errors: none.

#include <cstdint>
#include <string>
#include <vector>

#include "gui/model/trace_source.h"

namespace loopscope::gui {

struct LevelWords {
  enum class Tone : std::uint8_t { plain, raised, refused };
  std::string label;
  std::string value;
  std::vector<std::string> tip;  ///< lines; the first is a heading
  Tone tone = Tone::plain;
};

LevelWords level_words(const TraceSource& source);

}  // namespace loopscope::gui

#pragma once
/// The faces that text is drawn in, and the glyphs they have.
///
/// The renderer needs to know all glyphs of a face when it is made. Latin, Greek and Cyrillic are always there; what else is
/// asked for is looked up in the fallback fonts when it first appears, and stays. Until then, and if no font has it, it is
/// drawn as an escape.
/// Thread: the app's one. Owner: of nothing; the toolkit's context owns the fonts. Errors: none; without any font file the
/// toolkit's own small font is taken.

#include <set>
#include <string>
#include <vector>

#include "gui/painter.h"

namespace loopscope::gui {

class Fonts {
 public:
  Fonts();
  Fonts(const Fonts&) = delete;
  Fonts& operator=(const Fonts&) = delete;

  /// Makes the faces at `scale` times the design's sizes, if the scale changed or there are new glyphs to look for. True if it
  /// did: the texture has to be sent anew.
  bool load(float scale);
  /// Something was drawn as an escape that nobody has looked for yet: the next load() will.
  [[nodiscard]] bool wants_more() const;
  [[nodiscard]] const Faces& faces() const { return faces_; }

 private:
  void make(float scale);

  Faces faces_{};
  float scale_ = 0;
  std::set<char32_t> missing_;          ///< drawn since the faces were made, without a glyph
  std::set<char32_t> asked_;            ///< all that were ever looked for in the fallback fonts
  std::vector<std::string> fallbacks_;  ///< the bytes of their files
  bool looked_for_fallbacks_ = false;
};

}  // namespace loopscope::gui

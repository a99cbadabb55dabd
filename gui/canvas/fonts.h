#pragma once
/// The faces that text is drawn in, and the glyphs they have.
///
/// The renderer must know all glyphs of a face when the face is made. Latin, Greek and Cyrillic are always included. Any other
/// character is looked up in the fallback fonts after it was first drawn, and its glyph stays. Until then, and if no font has
/// it, the character is drawn as an escape.
/// Thread: the app's one. Owner: of nothing; the toolkit's context owns the fonts. Errors: none; without any font file it uses
/// the toolkit's own small font.

#include <set>
#include <string>
#include <vector>

#include "gui/canvas/painter.h"

namespace loopscope::gui {

class Fonts {
 public:
  Fonts();
  Fonts(const Fonts&) = delete;
  Fonts& operator=(const Fonts&) = delete;

  /// Makes the faces at `scale` times the design's sizes if the scale changed, or if there are new glyphs to look for. True if it
  /// made them: the caller then uploads the texture again.
  bool load(float scale);
  /// True if a character was drawn as an escape and has not been looked up yet. The next load() looks it up.
  [[nodiscard]] bool wants_more() const;
  [[nodiscard]] const Faces& faces() const { return faces_; }

 private:
  void make(float scale);

  Faces faces_{};
  float scale_ = 0;
  std::set<char32_t> missing_;          ///< characters drawn without a glyph since the faces were made
  std::set<char32_t> asked_;            ///< characters that were ever looked up in the fallback fonts
  std::vector<std::string> fallbacks_;  ///< the bytes of their files
  bool looked_for_fallbacks_ = false;
};

}  // namespace loopscope::gui

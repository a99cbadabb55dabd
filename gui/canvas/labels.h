#pragma once
/// Cuts labels to the room they have. Pure: the caller measures the text.
///
/// A label is shortened before it is left out, and an ellipsis marks the cut. Text is UTF-8 and is never cut inside a
/// character. Thread: any. Errors: none. Units: pixels.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace loopscope::gui {

using Measure = std::function<float(std::string_view)>;

/// "render_re…". Empty if not even one character and the ellipsis fit.
std::string cut_end(std::string_view text, float most, const Measure& measure);
/// "…er_report": the end of a qualified name tells more than its beginning.
std::string cut_front(std::string_view text, float most, const Measure& measure);
/// "rend…port": for names that differ at the front and at the back.
std::string cut_middle(std::string_view text, float most, const Measure& measure);

/// `text` in at most `lines` lines, broken at spaces. The last line takes all the rest and may be too wide. A word that is wider
/// than a line is cut at its front, so that the words after it (how long, where) stay.
std::vector<std::string> wrap(std::string_view text, float most, std::size_t lines, const Measure& measure);

/// Labels for rows that stand below each other. Names are cut at the front, in the middle or at the end, whichever keeps most of
/// them different. `numbers` tell rows of one name apart ("serve #4", "serve #7"); 0 means that a row has no number.
std::vector<std::string> cut_apart(const std::vector<std::string>& names,
                                   const std::vector<std::uint64_t>& numbers, float most, const Measure& measure);

/// Moves intervals of the same height up and down, as little as possible, so that none overlaps the next and all lie within
/// [low, high]. `middles` rise and may lie anywhere. The answer keeps their order.
std::vector<float> spread(std::vector<float> middles, float height, float low, float high);

}  // namespace loopscope::gui

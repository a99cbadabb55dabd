#pragma once
/// Labels that are cut to the room there is. Pure: how wide a text is, the caller says.
///
/// A label is shortened before it is left out, and what was cut is marked with an ellipsis. Text is UTF-8 and is never cut
/// inside a character. Thread: any. Errors: none. Units: pixels.

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

/// `text` in at most `lines` lines, broken at spaces; what is too much stands in the last one. A word that is wider than a line
/// stands alone, cut at its front, so that what follows it (how long, where) is not lost with it.
std::vector<std::string> wrap(std::string_view text, float most, std::size_t lines, const Measure& measure);

/// Labels for rows that stand below each other. Different names get different labels as long as any way of cutting them tells
/// them apart; `numbers` tell rows of one name apart ("serve #4", "serve #7"), 0 is a row without a number.
std::vector<std::string> cut_apart(const std::vector<std::string>& names,
                                   const std::vector<std::uint64_t>& numbers, float most, const Measure& measure);

/// Moves intervals of a height down and up so that none overlaps the next, as little as possible, within [low, high].
/// `middles` are in rising order and may lie anywhere; the answer keeps their order.
std::vector<float> spread(std::vector<float> middles, float height, float low, float high);

}  // namespace loopscope::gui

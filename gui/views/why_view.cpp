#include "gui/views/why_view.h"

#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::CheckMark;

namespace {

/// Draws the checks in as many lines as they need, and answers the number of lines. Lines that do not fit whole are left out.
/// Without `draw` it only counts the lines.
int lay_checks(Painter& p, const Rect& area, const std::vector<tracer::TimeoutCheck>& checks, bool draw) {
  const Theme& theme = p.theme();
  float x = area.x0;
  float y = area.y0 + p.height(Face::small) * 0.75F;
  int lines = checks.empty() ? 0 : 1;
  for (const tracer::TimeoutCheck& check : checks) {
    const float w = p.px(17) + p.width(Face::small, check.text);
    if (x + w > area.x1 && x > area.x0) {
      x = area.x0;
      y += p.height(Face::small) * 1.5F;
      ++lines;
    }
    if (y + p.height(Face::small) * 0.5F > area.y1 + p.px(5))  // the card has a margin
      return lines - 1;
    const Point mark{x + p.px(5), y};
    const Color color = check.mark == CheckMark::holds     ? theme.text_dim
                        : check.mark == CheckMark::decides ? theme.warning_text
                                                           : theme.text_faint;
    if (draw && check.mark == CheckMark::holds)
      p.tick_mark(mark, p.px(10), color);
    if (draw && check.mark == CheckMark::decides)
      p.cross_mark(mark, p.px(11), color);
    if (draw && check.mark == CheckMark::not_asked)
      p.line({mark.x - p.px(3), mark.y}, {mark.x + p.px(3), mark.y}, color, p.px(1.3F));
    if (draw)
      p.text({x + p.px(17), y}, Face::small, color, check.text);
    x += w + p.px(15);
  }
  return lines;
}

void draw_reasons(Painter& p, const Rect& area, const Digest& digest) {
  std::string line = "last second: ";
  for (std::size_t i = 0; i < digest.reasons.size() && i < 3; ++i) {
    if (i > 0)
      line += " · ";
    line += tracer::percent_text(digest.reasons[i].second) + " " + tracer::reason_text(digest.reasons[i].first);
  }
  p.text_fit({area.x0, area.centre().y}, Face::tiny, p.theme().text_faint, line, area.width());
}

}  // namespace

void draw_why(Painter& p, const Rect& area, const Digest& digest) {
  const Theme& theme = p.theme();
  Rect inner = p.card(area, "Why this timeout?",
                      digest.poll_known ? "timeout " + tracer::timeout_text(digest.poll_timeout_ms) : "");
  if (!digest.poll_known) {
    p.text_wrapped(inner, Face::body, theme.text_dim,
                   digest.present.level == tracer::Level::off ? "Not known: polls are not recorded at level off."
                                                              : "No poll has been recorded yet.");
    return;
  }
  const tracer::WhyTimeout& why = digest.why;
  const float line = p.height(Face::body) * 1.55F;
  Rect row = inner.cut_top(line);
  p.text_fit({row.x0, row.centre().y}, Face::body, theme.text, why.headline, row.width());
  row = inner.cut_top(line);
  const float y = row.centre().y;
  float x = row.x0;
  p.fill({x, y - p.px(9), x + p.px(5), y + p.px(9)}, theme.phase(why.culprit_phase), p.px(2));
  x += p.px(13);
  if (!why.culprit.empty()) {
    const float sentence = p.width(Face::body, why.sentence);
    const float place = why.culprit_place.empty() ? 0 : p.width(Face::mono_small, why.culprit_place) + p.px(8);
    const float room = row.x1 - x;
    const bool with_place = p.width(Face::mono_strong, why.culprit) + place + sentence + p.px(10) < room;
    bool cut = false;
    const float name_room = room - sentence - p.px(10) - (with_place ? place : 0);
    const float start = x;
    x += p.name_fit({x, y}, Face::mono_strong, theme.text, why.culprit, std::max(name_room, p.px(60)), Align::left,
                    &cut) +
         p.px(8);
    if (with_place)
      x += p.text({x, y}, Face::mono_small, theme.text_dim, why.culprit_place) + p.px(8);
    const bool hides = cut || (!with_place && !why.culprit_place.empty());
    if (hides && p.hovers({start, row.y0, x, row.y1}))
      p.tooltip({why.culprit, why.culprit_place});
  }
  p.text_fit({x, y}, Face::body, theme.text, why.sentence, row.x1 - x);
  inner.cut_top(p.px(3));
  const int lines = lay_checks(p, inner, why.checks, false);
  lay_checks(p, inner.cut_top(static_cast<float>(lines) * p.height(Face::small) * 1.5F), why.checks, true);
  inner.cut_top(p.px(2));
  const float tail = p.height(Face::small) * 1.4F;
  if (!why.footnote.empty() && inner.height() >= tail * 0.9F) {
    const Rect footnote = inner.cut_top(tail);
    p.text_fit({footnote.x0, footnote.centre().y}, Face::small, theme.text_faint, why.footnote, footnote.width());
  }
  if (!digest.reasons.empty() && inner.height() >= tail * 0.85F)
    draw_reasons(p, inner.cut_top(tail), digest);
}

}  // namespace loopscope::gui

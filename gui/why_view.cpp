#include "gui/why_view.h"

#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::CheckMark;

namespace {

void draw_checks(Painter& p, Rect area, const std::vector<tracer::TimeoutCheck>& checks) {
  const Theme& theme = p.theme();
  float x = area.x0;
  float y = area.y0 + p.height(Face::small) * 0.7F;
  for (const tracer::TimeoutCheck& check : checks) {
    const float w = p.px(18) + p.width(Face::small, check.text) + p.px(14);
    if (x + w - p.px(14) > area.x1 && x > area.x0) {
      x = area.x0;
      y += p.height(Face::small) * 1.5F;
      if (y > area.y1) return;
    }
    const Point mark{x + p.px(6), y};
    const Color color = check.mark == CheckMark::holds ? theme.text_dim : check.mark == CheckMark::decides ? theme.warning : theme.text_faint;
    if (check.mark == CheckMark::holds) {
      p.tick_mark(mark, p.px(10), color);
    } else if (check.mark == CheckMark::decides) {
      p.cross_mark(mark, p.px(11), color);
    } else {
      p.line({mark.x - p.px(3), mark.y}, {mark.x + p.px(3), mark.y}, color, p.px(1.3F));
    }
    p.text({x + p.px(18), y}, Face::small, color, check.text);
    x += w;
  }
}

void draw_reasons(Painter& p, const Rect& area, const Digest& digest) {
  std::string line = "last second: ";
  for (std::size_t i = 0; i < digest.reasons.size() && i < 3; ++i) {
    if (i > 0) line += " · ";
    line += tracer::percent_text(digest.reasons[i].second) + " " + tracer::reason_text(digest.reasons[i].first);
  }
  p.text_fit({area.x0, area.centre().y}, Face::tiny, p.theme().text_faint, line, area.width());
}

}  // namespace

void draw_why(Painter& p, const Rect& area, const Digest& digest) {
  const Theme& theme = p.theme();
  Rect inner = p.card(area, "Why this timeout?", digest.poll_known ? "timeout " + (digest.poll_timeout_ms < 0 ? "none" : std::to_string(digest.poll_timeout_ms) + " ms") : "");
  if (!digest.poll_known) {
    p.text_wrapped(inner, Face::body, theme.text_dim, "No poll has been recorded yet.");
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
    x += p.text_fit({x, y}, Face::mono_strong, theme.text, why.culprit, std::max(name_room, p.px(60)), Align::left, &cut) + p.px(8);
    if (with_place) x += p.text({x, y}, Face::mono_small, theme.text_dim, why.culprit_place) + p.px(8);
    if (p.hovers({start, row.y0, x, row.y1})) p.tooltip({why.culprit, why.culprit_place});
  }
  p.text_fit({x, y}, Face::body, theme.text, why.sentence, row.x1 - x);
  inner.cut_top(p.px(5));
  const float tail = p.height(Face::tiny) * 1.5F;
  const Rect reasons = inner.height() > p.px(38) && !digest.reasons.empty() ? inner.cut_bottom(tail) : Rect{};
  const Rect footnote = inner.height() > p.px(38) && !why.footnote.empty() ? inner.cut_bottom(tail) : Rect{};
  draw_checks(p, inner, why.checks);
  if (footnote.height() > 0) p.text_fit({footnote.x0, footnote.centre().y}, Face::small, theme.text_faint, why.footnote, footnote.width());
  if (reasons.height() > 0) draw_reasons(p, reasons, digest);
}

}  // namespace loopscope::gui

#include "gui/findings_view.h"

namespace loopscope::gui {

namespace {

Color bar_color(const Theme& theme, const tracer::Finding& finding) {
  if (finding.rule == tracer::FindingRule::waiting_for_gil)
    return theme.activity(tracer::Activity::gil_wait);
  return finding.severity == tracer::Severity::alarm ? theme.alarm : theme.warning;
}

void draw_healthy(Painter& p, const Rect& area, const TraceSource& source) {
  const Theme& theme = p.theme();
  const bool callbacks = source.level() >= tracer::Level::callbacks || !source.model().callbacks().empty();
  p.tick_mark({area.x0 + p.px(8), area.y0 + p.px(14)}, p.px(13), theme.live);
  p.text_fit({area.x0 + p.px(24), area.y0 + p.px(14)}, Face::strong, theme.text, "Nothing stands out",
             area.width() - p.px(24));
  const char* rule =
      callbacks ? "No callback held the loop for 10 ms or more, no timer was that late, no events were lost."
                : "At this level only the GIL and lost events are watched: callbacks are not recorded.";
  p.text_wrapped({area.x0 + p.px(24), area.y0 + p.px(28), area.x1, area.y1}, Face::small, theme.text_dim, rule);
}

}  // namespace

const tracer::Finding* draw_findings(Painter& p, const Rect& area, const TraceSource& source,
                                     const Digest& digest) {
  const Theme& theme = p.theme();
  Rect inner =
      p.card(area, "What to look at", digest.findings.empty() ? "" : std::to_string(digest.findings.size()));
  if (digest.findings.empty()) {
    draw_healthy(p, inner, source);
    return nullptr;
  }
  const tracer::Finding* clicked = nullptr;
  const float title_line = p.height(Face::strong) * 1.4F;
  const float line = p.height(Face::small) * 1.45F;
  p.push_clip(inner);
  for (const tracer::Finding& finding : digest.findings) {
    const float room = inner.width() - p.px(26);
    const auto lines_of = [&](Face face, const std::string& text) {
      return p.width(face, text) > room ? 2.0F : 1.0F;
    };
    const float title_height = title_line * lines_of(Face::strong, finding.title);
    const float detail_height = line * lines_of(Face::small, finding.detail);
    const bool first = &finding == &digest.findings.front();
    const float wanted = p.px(14) + title_height + detail_height + (finding.place.empty() ? 0 : line);
    if (inner.height() < wanted && !first) {
      const auto more = digest.findings.size() - static_cast<std::size_t>(&finding - digest.findings.data());
      p.text({inner.x0 + p.px(15), inner.y0 + line / 2}, Face::small, theme.text_faint,
             "and " + std::to_string(more) + " more");
      break;
    }
    const Rect box = inner.cut_top(wanted);
    inner.cut_top(p.px(8));
    const bool hovered = p.hovers(box);
    p.fill(box, hovered && finding.begin_ns > 0 ? theme.button : theme.inset, p.px(5));
    p.fill({box.x0, box.y0, box.x0 + p.px(4), box.y1}, bar_color(theme, finding), p.px(2));
    const float x = box.x0 + p.px(15);
    float y = box.y0 + p.px(7);
    p.text_wrapped({x, y, x + room, y + title_height}, Face::strong, theme.text, finding.title);
    y += title_height;
    p.text_wrapped({x, y, x + room, y + detail_height}, Face::small, theme.text_dim, finding.detail);
    y += detail_height + line / 2;
    if (!finding.place.empty())
      p.text_fit({x, y}, Face::mono_small, theme.accent, finding.place, room);
    if (hovered && finding.begin_ns > 0) {
      p.tooltip({finding.title, "click: show it in the timeline"});
      if (p.pointer().pressed)
        clicked = &finding;
    }
  }
  p.pop_clip();
  return clicked;
}

}  // namespace loopscope::gui

#include "gui/views/findings_view.h"

namespace loopscope::gui {

namespace {

Color bar_color(const Theme& theme, const tracer::Finding& finding) {
  if (finding.rule == tracer::FindingRule::waiting_for_gil)
    return theme.activity(tracer::Activity::gil_wait);
  return finding.severity == tracer::Severity::alarm ? theme.alarm : theme.warning;
}

/// There are no findings. That is good only if callbacks were recorded: then the card shows a check mark. Otherwise it shows an
/// open circle and what is missing.
void draw_healthy(Painter& p, const Rect& area, const TraceSource& source) {
  const Theme& theme = p.theme();
  const tracer::Level level = source.level();
  const bool watched = level >= tracer::Level::callbacks;
  const Point mark{area.x0 + p.px(8), area.y0 + p.px(14)};
  if (watched)
    p.tick_mark(mark, p.px(13), theme.live);
  else
    p.ring(mark, p.px(4.5F), p.px(6), 0, 6.2832F, theme.text_dim);
  const char* title = watched                       ? "Nothing stands out"
                      : level == tracer::Level::off ? "Nothing is recorded"
                                                    : "Callbacks are not recorded";
  p.text_fit({area.x0 + p.px(24), area.y0 + p.px(14)}, Face::strong, theme.text, title, area.width() - p.px(24));
  const char* rule =
      watched ? "No callback held the loop for 10 ms or more, no timer was that late, no events were lost."
      : level == tracer::Level::off ? "At level off it is not known what the loop does."
                                    : "Level phases shows what holds the loop now, waits for the GIL and lost "
                                      "events. It does not show callbacks or late timers.";
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
    const float room = inner.width() - p.px(40);
    const auto lines_of = [&](Face face, const std::string& text) {
      return static_cast<float>(p.wrapped_lines(face, text, room));
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
    const Color color = bar_color(theme, finding);
    const Point mark{box.x0 + p.px(17), box.y0 + p.px(7) + title_line / 2};
    if (finding.severity == tracer::Severity::alarm)
      p.triangle_mark(mark, p.px(11), color);
    else
      p.diamond_mark(mark, p.px(11), color);
    const float x = box.x0 + p.px(29);
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

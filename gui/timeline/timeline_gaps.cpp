#include "gui/timeline/timeline_gaps.h"

#include <algorithm>

#include "gui/canvas/labels.h"
#include "gui/timeline/timeline_words.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::Level;

namespace {

/// Draws the sentence in the middle of the hatched rectangle, on a plain background so that people can read it.
void draw_sentence(Painter& p, const Rect& rect, const std::string& text) {
  const Theme& theme = p.theme();
  const float room = rect.width() - p.px(24);
  const std::string shown = p.shortened(Face::small, text, room);
  if (shown.empty())
    return;
  const Point middle = rect.centre();
  const float half = p.width(Face::small, shown) / 2 + p.px(8);
  const float tall = std::min(p.height(Face::small) * 0.75F, rect.height() / 2);
  p.fill({middle.x - half, middle.y - tall, middle.x + half, middle.y + tall}, with_alpha(theme.card, 0.92F),
         p.px(3));
  p.text(middle, Face::small, theme.text_dim, shown, Align::centre);
}

void draw_below(Painter& p, const Rect& rect, const std::string& text) {
  p.push_clip(rect);
  p.hatch(rect, with_alpha(p.theme().text_faint, 0.45F), p.px(9));
  draw_sentence(p, rect, text);
  p.pop_clip();
  if (p.hovers(rect))
    p.tooltip({text, "The level in the header says what is recorded now."});
}

/// The area from the first to the last row that needs Level::callbacks. These rows lie below each other.
Rect rows_of_callbacks(const Rect& plot, const TimelineLayout& layout) {
  Rect rows{plot.x0, plot.y1, plot.x1, plot.y0};
  for (const Row* row : layout.rows.all()) {
    if (row->traits().level < Level::callbacks)
      continue;
    for (const Strip& strip : row->strips()) {
      rows.y0 = std::min(rows.y0, strip.area.y0);
      rows.y1 = std::max(rows.y1, strip.area.y1);
    }
  }
  return rows;
}

void draw_gap(Painter& p, const Rect& plot, const GapMark& gap) {
  const Theme& theme = p.theme();
  const Rect rect{gap.x0, plot.y0, gap.x1, plot.y1};
  const std::string text = describe_gap(gap.gap);
  if (gap.gap.reason == tracer::GapReason::not_recorded)
    return;  // draw_not_recorded() draws it, from the level
  p.fill(rect, with_alpha(theme.alarm, 0.08F));
  p.hatch(rect, with_alpha(theme.alarm, 0.25F), p.px(8));
  const std::string shown = p.shortened(Face::tiny, text, rect.width() - p.px(10));
  if (p.width(Face::tiny, shown) > p.px(24))
    p.text({rect.centre().x, plot.y0 + p.px(10)}, Face::tiny, theme.alarm_text, shown, Align::centre);
  if (p.hovers({rect.x0 - p.px(3), plot.y0, rect.x1 + p.px(3), plot.y1}))
    p.tooltip({text, "the gap is " + tracer::duration_text(gap.gap.end_ns - gap.gap.begin_ns) + " long"});
}

/// What the app read once and keeps no more. Rows keep different times, because they have different numbers of slices.
void draw_dropped(Painter& p, const Rect& plot, const Strip& strip) {
  if (strip.kept_x <= plot.x0 + 1)
    return;
  const Rect rect{plot.x0, strip.area.y0, strip.kept_x, strip.area.y1};
  p.push_clip(rect);
  p.hatch(rect, with_alpha(p.theme().text_faint, 0.45F), p.px(9));
  if (rect.height() > p.height(Face::small))
    draw_sentence(p, rect, "no longer kept");
  p.pop_clip();
  if (p.hovers(rect))
    p.tooltip({"no longer kept",
               "The app keeps the last minute, and less of a row with more than half a million slices."});
}

}  // namespace

void draw_not_recorded(Painter& p, const Rect& plot, const TraceSource& source, const TimelineLayout& layout,
                       const Viewport& viewport, std::int64_t now_ns) {
  const std::int64_t first = source.model().first_event_ns();
  const auto created = static_cast<std::int64_t>(source.trace().header().created_monotonic_ns);
  const std::int64_t begin = std::max(viewport.begin_ns(), first > 0 ? first : created);
  const std::int64_t end = std::min(viewport.end_ns(), now_ns);
  const auto columns = [&](const BelowLevel& below, const Rect& rows) {
    return Rect{std::max(viewport.to_x(below.begin_ns), plot.x0), rows.y0,
                std::min(viewport.to_x(below.end_ns), plot.x1), rows.y1};
  };
  for (const BelowLevel& below : source.levels().below(Level::callbacks, begin, end)) {
    const bool nothing = below.level == Level::off;
    draw_below(p, columns(below, nothing ? plot : rows_of_callbacks(plot, layout)),
               not_recorded_text(below.level));
  }
}

void draw_gaps(Painter& p, const Rect& plot, const TimelineLayout& layout) {
  for (const Row* row : layout.rows.all()) {
    for (const Strip& strip : row->strips()) draw_dropped(p, plot, strip);
  }
  for (const GapMark& gap : layout.gaps) draw_gap(p, plot, gap);
}

}  // namespace loopscope::gui

#include "gui/timeline/timeline_view.h"

#include <algorithm>
#include <cmath>

#include "gui/timeline/time_axis.h"
#include "gui/timeline/timeline_gaps.h"
#include "gui/timeline/timeline_words.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::duration_text;

void TimelineView::zoom(double factor) {
  viewport_.zoom(factor, following_ ? viewport_.x1() : (viewport_.x0() + viewport_.x1()) / 2);
}

void TimelineView::pan(float share) {
  following_ = false;
  viewport_.pan(share * (viewport_.x1() - viewport_.x0()));
}

void TimelineView::follow() {
  if (viewport_.span_ns() < 100'000'000)
    viewport_.show(0, kPlainSpanNs);  // below 100 ms a moving view cannot be read
  following_ = true;
  origin_ns_.reset();
}

void TimelineView::reset() {
  viewport_.show(0, kPlainSpanNs);
  follow();
}

void TimelineView::show(std::int64_t begin_ns, std::int64_t end_ns) {
  following_ = false;
  const std::int64_t margin = std::max<std::int64_t>((end_ns - begin_ns) * 9 / 10, 500'000);
  viewport_.show(begin_ns - margin, end_ns + margin);
  origin_ns_ = begin_ns;
}

void TimelineView::handle_mouse(Painter& p, const Rect& plot) {
  const Pointer& pointer = p.pointer();
  const bool inside = p.hovers(plot);
  if (inside && pointer.wheel != 0) {
    following_ = false;
    viewport_.zoom(std::pow(1.22, pointer.wheel), pointer.at.x);
  }
  if (inside && pointer.wheel_sideways != 0)
    pan(-pointer.wheel_sideways * 0.06F);
  if (inside && pointer.pressed) {
    dragging_ = true;
    dragged_ = false;
    drag_x_ = pointer.at.x;
  }
  if (dragging_ && pointer.down && std::fabs(pointer.at.x - drag_x_) > (dragged_ ? 0.0F : 3.0F)) {
    following_ = false;
    dragged_ = true;
    viewport_.pan(drag_x_ - pointer.at.x);
    drag_x_ = pointer.at.x;
  }
  if (!pointer.down && !pointer.released)
    dragging_ = false;
}

void TimelineView::draw(Painter& p, const Rect& area, const TraceSource& source) {
  const std::int64_t now = source.now_ns();
  Rect inner = area.inset(p.px(14), p.px(10));
  inner.cut_top(p.height(Face::strong) * 1.35F + p.px(4));
  const Rect axis = inner.cut_top(p.height(Face::mono_tiny) * 1.7F);
  const Rect gutter = inner.cut_left(std::min(p.px(132), inner.width() * 0.24F));
  const Rect plot = inner;
  viewport_.place(plot.x0, plot.x1);
  if (!placed_ && now > 0) {
    placed_ = true;
    if (source.ended()) {  // a dead session: show its end, up to two seconds
      const std::int64_t span =
          std::clamp<std::int64_t>(now - source.model().first_event_ns(), 1'000'000, kPlainSpanNs);
      viewport_.show(now - span, now);
    }
  }
  handle_mouse(p, plot);
  if (following_)
    viewport_.follow(now);
  if (now > 0)
    viewport_.stay_near(std::max(source.model().first_event_ns(), now - 120'000'000'000), now);

  TimelineRequest request;
  request.area = plot;
  request.unit = p.px(18);
  request.now_ns = now;
  for (const BelowLevel& below : source.levels().below(tracer::Level::phases, viewport_.begin_ns(), now))
    request.off.push_back({below.begin_ns, below.end_ns});
  const TimelineLayout layout = lay_out(source.model(), viewport_, request);

  draw_frame(p, area, source, layout.slices);
  draw_axis(p, {plot.x0, axis.y0, plot.x1, axis.y1}, plot, now, source.ended() ? "end" : "now");
  for (const Row* row : layout.rows.all()) row->draw_labels(p, gutter, source);
  p.push_clip({plot.x0, axis.y1, plot.x1 + 1, plot.y1 + 1});
  draw_rows(p, plot, source, layout);
  draw_gaps(p, plot, layout);
  draw_not_recorded(p, plot, source, layout, viewport_, now);
  p.pop_clip();
  hover(p, plot, source, layout, now);
  if (source.model().first_event_ns() == 0 && source.level() > tracer::Level::off) {
    p.text_fit(plot.centre(), Face::body, p.theme().text_dim,
               "No events yet: the loop has run no iteration since tracing began.", plot.width(), Align::centre);
  }
}

/// The card, what the view shows in numbers, and the way back to the present.
void TimelineView::draw_frame(Painter& p, const Rect& area, const TraceSource& source, std::uint64_t slices) {
  const std::string note = "window " + duration_text(viewport_.span_ns()) + " · " +
                           count_of(slices, "slice", "slices") +
                           " · 1 px = " + duration_text(static_cast<std::int64_t>(viewport_.ns_per_px()));
  if (following_ || source.held()) {
    p.card(area, "Timeline", note);
    return;
  }
  p.card(area, "Timeline");
  const char* label = source.ended() ? "Go to end" : "Back to live";
  const float y = area.y0 + p.px(10) + p.height(Face::strong) * 0.675F;
  const float x1 = area.x1 - p.px(10);
  const Rect button{x1 - p.button_width(label, "F"), y - p.px(13), x1, y + p.px(13)};
  if (p.button(button, label, "F", true))
    follow();
  const float room = button.x0 - area.x0 - p.px(44) - p.width(Face::strong, "Timeline");
  p.text_fit({button.x0 - p.px(14), y}, Face::mono_small, p.theme().text_dim, note, room, Align::right);
}

void TimelineView::draw_axis(Painter& p, const Rect& axis, const Rect& plot, std::int64_t now_ns,
                             const char* now_text) const {
  const Theme& theme = p.theme();
  float last_end = axis.x0 - p.px(40);
  for (const AxisTick& tick :
       time_axis(viewport_, origin_ns_.value_or(now_ns), p.px(110), origin_ns_ ? "0" : now_text)) {
    p.line({tick.x, plot.y0}, {tick.x, plot.y1}, theme.grid);
    const float w = p.width(Face::mono_tiny, tick.label);
    const float x = std::clamp(tick.x, axis.x0 + w / 2 - p.px(30), axis.x1 - w / 2);
    if (x - w / 2 < last_end)
      continue;
    p.text({x, axis.centre().y}, Face::mono_tiny, theme.text_faint, tick.label, Align::centre);
    last_end = x + w / 2 + p.px(8);
  }
}

/// From the bottom up: the tips of the ready queue's line reach into the row above, whose marks then lie on top.
void TimelineView::draw_rows(Painter& p, const Rect& plot, const TraceSource& source,
                             const TimelineLayout& layout) const {
  const auto rows = layout.rows.all();
  std::for_each(rows.rbegin(), rows.rend(), [&](const Row* row) {
    if (row->strips().empty())
      return;
    const float y = row->strips().front().area.y0 - p.px(3);
    if (row->traits().line_above)
      p.line({plot.x0, y}, {plot.x1, y}, p.theme().grid);
    row->draw(p, source, selected_);
  });
}

void TimelineView::hover(Painter& p, const Rect& plot, const TraceSource& source, const TimelineLayout& layout,
                         std::int64_t now_ns) {
  const Point at = p.pointer().at;
  const bool click = p.pointer().released && dragging_ && !dragged_;
  if (p.pointer().released)
    dragging_ = false;
  if (!p.hovers(plot))
    return;
  const Theme& theme = p.theme();
  p.line({at.x, plot.y0}, {at.x, plot.y1}, with_alpha(theme.text_dim, 0.5F));
  const std::int64_t offset = viewport_.to_ns(at.x) - now_ns;
  const std::string moment = offset < 0 ? duration_text(-offset) + " ago" : "now";
  for (const Row* row : layout.rows.all()) {
    std::optional<Hit> hit = row->hit(source, at);
    if (!hit)
      continue;
    hit->lines.push_back(moment);
    p.tooltip(hit->lines);
    if (!hit->outline)
      continue;
    const Rect& mark = *hit->outline;
    p.outline({mark.x0 - 1, mark.y0, mark.x1 + 1, mark.y1}, theme.text, p.px(1));
    if (click)
      selected_ = selected_ == hit->name ? tracer::kNoName : hit->name;
  }
}

}  // namespace loopscope::gui

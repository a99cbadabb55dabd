#include "gui/timeline/timeline_view.h"

#include <cmath>

#include "gui/canvas/labels.h"
#include "gui/timeline/time_axis.h"
#include "gui/timeline/timeline_gaps.h"
#include "gui/timeline/timeline_rows.h"
#include "gui/timeline/timeline_words.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::duration_text;
using tracer::place_text;

namespace {

/// The task's serial number. Below level tasks the trace has only its address, which tells people nothing; 0 then.
std::uint64_t number_of(const tracer::TaskTrack& track) {
  constexpr std::uint64_t kLargestNumber = 0xFFFF'FFFF;
  return track.object <= kLargestNumber ? track.object : 0;
}

}  // namespace

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
  draw_labels(p, gutter, source, layout);
  p.push_clip({plot.x0, axis.y1, plot.x1 + 1, plot.y1 + 1});
  draw_rows(p, plot, source, layout, selected_);
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

void TimelineView::draw_labels(Painter& p, const Rect& gutter, const TraceSource& source,
                               const TimelineLayout& layout) const {
  const Theme& theme = p.theme();
  const float right = gutter.x1 - p.px(12);
  const float tasks_width = p.width(Face::small, "Tasks") + p.px(10);
  std::vector<const Row*> tasks;
  for (const Row& row : layout.rows) {
    if (row.kind == RowKind::task)
      tasks.push_back(&row);
    else
      p.text_fit({gutter.x0, row.area.centre().y}, Face::small, theme.text_dim, row.label,
                 gutter.width() - p.px(8));
  }
  if (tasks.empty())
    return;
  p.text({gutter.x0, tasks.front()->area.centre().y}, Face::small, theme.text_dim, "Tasks");
  std::vector<std::string> names;
  std::vector<std::uint64_t> numbers;
  for (const Row* row : tasks) {
    names.push_back(tracer::function_text(source.name(row->track->name)));
    numbers.push_back(number_of(*row->track));
  }
  const auto labels = cut_apart(names, numbers, right - gutter.x0 - tasks_width,
                                [&](std::string_view text) { return p.width(Face::mono_tiny, text); });
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const Row& row = *tasks[i];
    p.text({right, row.area.centre().y}, Face::mono_tiny, theme.text_faint, labels[i], Align::right);
    if (p.hovers({gutter.x0, row.area.y0, gutter.x1, row.area.y1})) {
      const std::string number = numbers[i] == 0 ? "" : "task " + tracer::count_text(numbers[i]) + " · ";
      p.tooltip({names[i], place_text(source.name(row.track->name)),
                 number + count_of(row.track->steps_total, "step", "steps") + ", ran " +
                     duration_text(row.track->run_total_ns),
                 "waited at most " + duration_text(row.track->waited_worst_ns)});
    }
  }
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
  for (const Row& row : layout.rows) {
    if (!row.area.contains(at))
      continue;
    if (row.kind == RowKind::ready && !row.depths.empty())
      p.tooltip({describe_depth(row, at.x), moment});
    const Mark* mark = mark_at(row, at);
    if (mark == nullptr)
      continue;
    std::vector<std::string> lines = describe(source, row, *mark);
    lines.push_back(moment);
    p.tooltip(lines);
    if (row.kind != RowKind::callbacks && row.kind != RowKind::task)
      continue;
    const Rect rect = rect_of(row, *mark);
    p.outline({rect.x0 - 1, rect.y0, rect.x1 + 1, rect.y1}, theme.text, p.px(1));
    const tracer::NameId name = slice_of(source, row, *mark).name;
    if (click)
      selected_ = selected_ == name ? tracer::kNoName : name;
  }
}

}  // namespace loopscope::gui

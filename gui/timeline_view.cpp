#include "gui/timeline_view.h"

#include <cmath>

#include "gui/time_axis.h"
#include "tracer/analysis/blame.h"
#include "tracer/analysis/findings.h"
#include "tracer/analysis/why_timeout.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::Activity;
using tracer::callable_text;
using tracer::CallbackKind;
using tracer::CallbackSlice;
using tracer::duration_text;
using tracer::place_text;

namespace {

const tracer::FindingRules kRules{};

const char* activity_text(Activity activity) {
  switch (activity) {
    case Activity::poll_asleep:
      return "poll, asleep";
    case Activity::poll_no_sleep:
      return "poll, not sleeping";
    case Activity::poll_io:
      return "poll, I/O callbacks";
    case Activity::gil_wait:
      return "waiting for the GIL";
    case Activity::idle:
      return "idle · ready queue";
    case Activity::stopped:
      return "not running";
    case Activity::between:
      return "between phases";
    case Activity::unknown:
      return "not known";
    default:
      return tracer::phase_text(tracer::phase_of(activity));
  }
}

Color callback_color(const Theme& theme, const CallbackSlice& slice) {
  if (slice.kind == CallbackKind::timer)
    return theme.activity(Activity::timers);
  if (slice.phase == tracer::Phase::poll)
    return theme.activity(Activity::poll_io);
  if (slice.phase == tracer::Phase::closing)
    return theme.activity(Activity::closing);
  return theme.activity(Activity::idle);
}

/// How strongly a folded mark is drawn: by its longest slice, from 3 µs to 3 ms, so that slow ones show.
float weight_of(std::int64_t worst_ns) {
  const float decades = std::log10(std::max(static_cast<float>(worst_ns), 1.0F) / 3e3F);
  return std::clamp(0.4F + 0.19F * decades, 0.34F, 1.0F);
}

/// The slice that a mark of a callbacks or tasks row stands for: its own, or the longest that was folded.
CallbackSlice slice_of(const TraceSource& source, const Row& row, const Mark& mark) {
  const auto& column = row.track != nullptr ? row.track->steps : source.model().callbacks();
  if (!mark.open)
    return column[mark.index];
  CallbackSlice slice = source.model().open_callbacks().front();
  slice.end_ns = slice.begin_ns + mark.worst_ns;
  return slice;
}

Rect rect_of(const Row& row, const Mark& mark) {
  const float h = row.area.height();
  return {mark.x0, row.area.y0 + mark.y0 * h, mark.x1, row.area.y0 + mark.y1 * h};
}

std::string count_of(std::uint64_t count, const char* one, const char* many) {
  return tracer::count_text(count) + " " + (count == 1 ? one : many);
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
    viewport_.show(0, 2'000'000'000);  // closer than that nothing could be read
  following_ = true;
  origin_ns_.reset();
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

void TimelineView::draw(Painter& p, const Rect& area, const TraceSource& source,
                        std::optional<std::int64_t> frozen_at_ns) {
  const std::int64_t now = frozen_at_ns.value_or(source.now_ns());
  Rect inner = area.inset(p.px(14), p.px(10));
  inner.cut_top(p.height(Face::strong) * 1.35F + p.px(4));
  const Rect axis = inner.cut_top(p.height(Face::mono_tiny) * 1.7F);
  const Rect gutter = inner.cut_left(std::min(p.px(132), inner.width() * 0.24F));
  const Rect plot = inner;
  viewport_.place(plot.x0, plot.x1);
  if (!placed_ && now > 0) {
    placed_ = true;
    if (source.ended()) {  // the end of a dead session: as much of it as can be read
      const std::int64_t span =
          std::clamp<std::int64_t>(now - source.model().first_event_ns(), 1'000'000, 2'000'000'000);
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
  const TimelineLayout layout = lay_out(source.model(), viewport_, request);

  const std::string note = "window " + duration_text(viewport_.span_ns()) + " · " +
                           count_of(layout.slices, "slice", "slices") +
                           " · 1 px = " + duration_text(static_cast<std::int64_t>(viewport_.ns_per_px()));
  p.card(area, "Timeline", note);
  draw_axis(p, {plot.x0, axis.y0, plot.x1, axis.y1}, plot, now, source.ended() ? "end" : "now");
  draw_labels(p, gutter, source, layout);
  p.push_clip({plot.x0, axis.y1, plot.x1 + 1, plot.y1 + 1});
  draw_rows(p, plot, source, layout);
  p.pop_clip();
  hover(p, plot, source, layout, now);
  if (source.model().first_event_ns() == 0) {
    p.text(plot.centre(), Face::body, p.theme().text_dim,
           "No events yet: the loop has not turned since tracing began.", Align::centre);
  } else if (source.level() < tracer::Level::callbacks && source.model().callbacks().empty() &&
             !layout.rows.empty()) {
    p.text({plot.centre().x, layout.rows[2].area.centre().y}, Face::small, p.theme().text_faint,
           "Callbacks are not recorded at this level.", Align::centre);
  }
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
  bool first_task = true;
  const float right = gutter.x1 - p.px(12);
  const float tasks_width = p.width(Face::small, "Tasks") + p.px(10);
  for (const Row& row : layout.rows) {
    const float y = row.area.centre().y;
    if (row.kind != RowKind::task) {
      p.text_fit({gutter.x0, y}, Face::small, theme.text_dim, row.label, gutter.width() - p.px(8));
      continue;
    }
    if (first_task)
      p.text({gutter.x0, y}, Face::small, theme.text_dim, "Tasks");
    first_task = false;
    const std::string name(source.name(row.track->name).function);
    p.name_fit({right, y}, Face::mono_tiny, theme.text_faint, name, right - gutter.x0 - tasks_width, Align::right);
    if (p.hovers({gutter.x0, row.area.y0, gutter.x1, row.area.y1})) {
      p.tooltip(
          {name, place_text(source.name(row.track->name)),
           count_of(row.track->steps_total, "step", "steps") + ", ran " + duration_text(row.track->run_total_ns),
           "waited at most " + duration_text(row.track->waited_worst_ns)});
    }
  }
}

void TimelineView::draw_rows(Painter& p, const Rect& plot, const TraceSource& source,
                             const TimelineLayout& layout) {
  const Theme& theme = p.theme();
  for (const Row& row : layout.rows) {
    const bool separated =
        row.kind != RowKind::task && row.kind != RowKind::iterations && row.kind != RowKind::writes;
    if (separated)
      p.line({plot.x0, row.area.y0 - p.px(3)}, {plot.x1, row.area.y0 - p.px(3)}, theme.grid);
    switch (row.kind) {
      case RowKind::iterations:
        for (const Mark& mark : row.marks) {
          const bool odd = mark.open || mark.count > 1 || source.model().iterations()[mark.index].number % 2 == 1;
          const Rect rect = rect_of(row, mark);
          const float seam = rect.width() > 3 ? 1.0F : 0.0F;
          p.fill({rect.x0, rect.y0, rect.x1 - seam, rect.y1}, odd ? theme.iteration_odd : theme.iteration_even,
                 rect.width() > 6 ? p.px(2) : 0);
        }
        break;
      case RowKind::phases:
        for (const Mark& mark : row.marks) {
          const Rect rect = rect_of(row, mark);
          const bool asleep = mark.activity == Activity::poll_asleep;
          p.fill(rect, asleep ? mix(theme.card, theme.activity(mark.activity), theme.dark ? 0.55F : 0.6F)
                              : theme.activity(mark.activity));
          if (asleep && rect.width() > p.px(8))
            p.hatch(rect, with_alpha(theme.card, 0.28F), p.px(7));
        }
        break;
      case RowKind::callbacks:
        draw_callbacks(p, source, row);
        break;
      case RowKind::task:
        draw_task(p, source, row);
        break;
      case RowKind::reads:
      case RowKind::writes:
        for (const Mark& mark : row.marks)
          p.fill(rect_of(row, mark).inset(0, p.px(0.5F)), row.kind == RowKind::reads ? theme.read : theme.write);
        break;
      case RowKind::gil_wait:
        for (const Mark& mark : row.marks) {  // every wake waits a little: only long waits stand out
          const float weight =
              std::clamp(std::log10(std::max(static_cast<float>(mark.worst_ns), 1.0F) / 1e3F) / 3.0F, 0.18F, 1.0F);
          p.fill(rect_of(row, mark), with_alpha(theme.activity(Activity::gil_wait), weight));
        }
        break;
      case RowKind::ready:
        draw_ready(p, row);
        break;
    }
  }
  for (const GapMark& gap : layout.gaps) {
    const Rect rect{gap.x0, plot.y0, gap.x1, plot.y1};
    p.fill(rect, with_alpha(theme.alarm, 0.08F));
    p.hatch(rect, with_alpha(theme.alarm, 0.25F), p.px(8));
    const std::string text = gap.lost == 0 ? "not recorded" : tracer::count_text(gap.lost) + " events lost";
    if (rect.width() > p.width(Face::tiny, text) + p.px(10))
      p.text({rect.centre().x, plot.y0 + p.px(10)}, Face::tiny, theme.alarm_text, text, Align::centre);
  }
}

void TimelineView::draw_callbacks(Painter& p, const TraceSource& source, const Row& row) {
  const Theme& theme = p.theme();
  std::vector<const Mark*> held;
  for (const Mark& mark : row.marks) {
    const CallbackSlice slice = slice_of(source, row, mark);
    const Rect rect = rect_of(row, mark);
    if (mark.worst_ns >= kRules.held_loop_ns) {
      held.push_back(&mark);
      p.fill(rect, rect.width() < p.px(8) ? theme.alarm : theme.alarm_fill, p.px(2));
      p.outline(rect, theme.alarm, p.px(2), p.px(1.5F));
      continue;
    }
    const float y = p.px(2);
    const Color color = callback_color(theme, slice);
    const float seam = rect.width() > 4 ? 0.8F : 0.0F;
    p.fill({rect.x0, rect.y0 + y, rect.x1 - seam, rect.y1 - y},
           mark.count > 1 ? mix(theme.card, color, weight_of(mark.worst_ns)) : color,
           rect.width() > 6 ? p.px(1.5F) : 0);
    if (selected_ != tracer::kNoName && slice.name == selected_)
      p.outline({rect.x0, rect.y0, std::max(rect.x1, rect.x0 + 2), rect.y1}, theme.text, p.px(1.5F));
    const std::string text = callable_text(source.name(slice.name), slice.kind);
    if (mark.count == 1 && rect.width() > p.px(46)) {
      p.name_fit({rect.x0 + p.px(6), rect.centre().y}, Face::mono_tiny, rgb(theme.dark ? 0x0E1620 : 0xFFFFFF),
                 text, rect.width() - p.px(10));
    }
  }
  // What held the loop is named: inside if there is room, else beside, the worst first.
  std::sort(held.begin(), held.end(),
            [](const Mark* left, const Mark* right) { return left->worst_ns > right->worst_ns; });
  std::vector<Rect> taken;
  for (const Mark* mark : held) taken.push_back(rect_of(row, *mark));
  for (const Mark* mark : held) {
    const CallbackSlice slice = slice_of(source, row, *mark);
    const tracer::Name name = source.name(slice.name);
    const std::string text = callable_text(name, slice.kind);
    const std::string where = place_text(name) + " " + duration_text(slice.duration_ns());
    const Rect rect = rect_of(row, *mark);
    const float text_width = p.width(Face::mono_strong, text);
    const float full = text_width + p.width(Face::mono_small, where) + p.px(30);
    if (rect.width() > full) {
      const float x = std::max(rect.x0, viewport_.x0()) + p.px(10);
      p.text({x, rect.centre().y}, Face::mono_strong, theme.text, text);
      p.text({x + text_width + p.px(12), rect.centre().y}, Face::mono_small, theme.alarm_text, where);
      continue;
    }
    const std::string ran = std::string(" ").append(duration_text(slice.duration_ns()));
    const float name_width = std::min(p.width(Face::mono_tiny, text), p.px(230)) + 1;
    const float tag = name_width + p.width(Face::mono_tiny, ran) + p.px(12);
    Rect beside{rect.x1 + p.px(3), rect.y0 + p.px(3), rect.x1 + p.px(3) + tag, rect.y1 - p.px(3)};
    if (beside.x1 > viewport_.x1())
      beside = {rect.x0 - p.px(3) - tag, beside.y0, rect.x0 - p.px(3), beside.y1};
    const bool free = std::none_of(taken.begin(), taken.end(), [&](const Rect& other) {
      return beside.x0 < other.x1 && other.x0 < beside.x1;
    });
    if (!free)
      continue;
    taken.push_back(beside);
    p.fill(beside, with_alpha(theme.card, 0.9F), p.px(3));
    const float w =
        p.name_fit({beside.x0 + p.px(5), beside.centre().y}, Face::mono_tiny, theme.text, text, name_width);
    p.text({beside.x0 + p.px(5) + w, beside.centre().y}, Face::mono_tiny, theme.alarm_text, ran);
  }
}

void TimelineView::draw_task(Painter& p, const TraceSource& source, const Row& row) const {
  const Theme& theme = p.theme();
  const float y = row.area.height() * 0.2F;
  float text_end = viewport_.x0();
  for (const WaitMark& wait : row.waits) {
    const bool long_wait = wait.waited_ns >= kRules.held_loop_ns;
    const Color color = long_wait ? theme.alarm_text : with_alpha(theme.text_faint, 0.8F);
    const float mid = row.area.centre().y;
    const CallbackSlice& step = row.track->steps[wait.index];
    std::string text;
    if (long_wait && wait.x1 - wait.x0 > p.px(150) && wait.x0 >= text_end) {
      text = "ready, waited " + duration_text(wait.waited_ns);
      if (const auto culprit = tracer::blame(source.model(), step))
        text += " behind " + std::string(source.name(culprit->culprit.name).function);
      if (p.width(Face::tiny, text) > wait.x1 - wait.x0 - p.px(40))
        text.clear();
    }
    const float half = text.empty() ? 0 : p.width(Face::tiny, text) / 2 + p.px(8);
    const float middle = (wait.x0 + wait.x1) / 2;
    if (half > 0) {
      p.dashed({wait.x0, mid}, {middle - half, mid}, color, p.px(4));
      p.dashed({middle + half, mid}, {wait.x1, mid}, color, p.px(4));
      p.text({middle, mid}, Face::tiny, color, text, Align::centre);
      text_end = wait.x1;
    } else {
      p.dashed({wait.x0, mid}, {wait.x1, mid}, color, p.px(4));
    }
  }
  for (const Mark& mark : row.marks) {
    const Rect rect = rect_of(row, mark);
    const bool held = mark.worst_ns >= kRules.held_loop_ns;
    p.fill({rect.x0, rect.y0 + y, std::max(rect.x1, rect.x0 + p.px(1.6F)), rect.y1 - y},
           held ? theme.alarm : theme.activity(Activity::idle), rect.width() > 5 ? p.px(1.5F) : 0);
  }
}

void TimelineView::draw_ready(Painter& p, const Row& row) const {
  const Theme& theme = p.theme();
  const Color color = theme.activity(Activity::idle);
  p.area(row.line, row.area.y1, with_alpha(color, theme.dark ? 0.28F : 0.22F));
  p.polyline(row.line, color, p.px(1.3F));
  if (row.peak == 0)
    return;
  const std::string text = tracer::count_text(row.peak) + " ready";
  const float w = p.width(Face::mono_tiny, text);
  const float x = std::clamp(row.peak_x + p.px(6), viewport_.x0() + p.px(2), viewport_.x1() - w - p.px(4));
  p.fill({x - p.px(3), row.area.y0, x + w + p.px(3), row.area.y0 + p.px(15)}, with_alpha(theme.card, 0.75F),
         p.px(3));
  p.text({x, row.area.y0 + p.px(7.5F)}, Face::mono_tiny, theme.text_dim, text);
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
  const std::string moment = (offset < 0 ? duration_text(-offset) + " ago" : "now");
  for (const Row& row : layout.rows) {
    const Mark* mark = mark_at(row, at);
    if (row.kind == RowKind::ready && row.area.contains(at) && !row.line.empty()) {
      const auto i = static_cast<std::size_t>(
          std::clamp(at.x - row.line.front().x, 0.0F, static_cast<float>(row.line.size() - 1)));
      const float scale = row.area.height() / static_cast<float>(std::max<std::uint64_t>(row.peak, 4));
      const auto depth = static_cast<std::uint64_t>(std::lround((row.area.y1 - row.line[i].y) / scale));
      p.tooltip({count_of(depth, "callback ready", "callbacks ready"), moment});
    }
    if (mark == nullptr)
      continue;
    const auto& model = source.model();
    const std::string folded =
        mark->count > 1 ? "longest of " + tracer::count_text(mark->count) + " in this mark" : "";
    switch (row.kind) {
      case RowKind::iterations:
        p.tooltip({mark->open        ? "this iteration"
                   : mark->count > 1 ? tracer::count_text(mark->count) + " iterations"
                                     : "iteration " + tracer::count_text(model.iterations()[mark->index].number),
                   (mark->count > 1 ? "longest " : "") + duration_text(mark->worst_ns), moment});
        break;
      case RowKind::phases: {
        std::vector<std::string> lines{
            activity_text(mark->activity),
            duration_text(mark->worst_ns) +
                (mark->count > 1 ? " in " + count_of(mark->count, "slice", "slices") : "")};
        if (mark->activity == Activity::check && mark->count == 1)
          lines.push_back("its end is inferred: libuv tells nobody when check ends");
        if (tracer::phase_of(mark->activity) == tracer::Phase::poll && mark->count == 1 && !mark->open) {
          const auto& polls = model.polls();
          const std::uint64_t i = polls.first_ending_after(mark->begin_ns);
          if (i < polls.last()) {
            const auto& poll = polls[i];
            lines.push_back("timeout " + tracer::timeout_text(poll.timeout_ms) + ": " +
                            tracer::reason_text(poll.reason));
            lines.push_back(count_of(poll.io_events, "I/O event", "I/O events"));
          }
        }
        lines.push_back(moment);
        p.tooltip(lines);
        break;
      }
      case RowKind::callbacks:
      case RowKind::task: {
        const CallbackSlice slice = slice_of(source, row, *mark);
        const tracer::Name name = source.name(slice.name);
        std::vector<std::string> lines{callable_text(name, slice.kind)};
        if (!name.file.empty())
          lines.push_back(std::string(name.file) + (name.line != 0 ? ":" + std::to_string(name.line) : ""));
        lines.push_back(std::string(tracer::kind_text(slice.kind)) + " · " +
                        (mark->open ? "running for " : "ran ") + duration_text(slice.duration_ns()));
        if (slice.waited_ns() > 0) {
          std::string waited = "waited " + duration_text(slice.waited_ns());
          if (const auto culprit = tracer::blame(model, slice); culprit && culprit->share_ns > 1000) {
            waited += ", " + duration_text(culprit->share_ns) + " of it behind " +
                      callable_text(source.name(culprit->culprit.name), culprit->culprit.kind);
          }
          lines.push_back(waited);
        }
        if (!folded.empty())
          lines.push_back(folded);
        lines.push_back(moment);
        p.tooltip(lines);
        const Rect rect = rect_of(row, *mark);
        p.outline({rect.x0 - 1, rect.y0, rect.x1 + 1, rect.y1}, theme.text, p.px(1));
        if (click)
          selected_ = selected_ == slice.name ? tracer::kNoName : slice.name;
        break;
      }
      case RowKind::reads:
      case RowKind::writes:
        p.tooltip({tracer::bytes_text(static_cast<double>(mark->worst_ns)) +
                       (row.kind == RowKind::reads ? " read" : " written"),
                   count_of(mark->count, "call", "calls"), moment});
        break;
      case RowKind::gil_wait:
        p.tooltip({"waited " + duration_text(mark->worst_ns) + " for the GIL", folded.empty() ? moment : folded});
        break;
      case RowKind::ready:
        break;
    }
  }
}

}  // namespace loopscope::gui

#include "gui/timeline/timeline_rows.h"

#include <algorithm>
#include <cmath>

#include "gui/timeline/timeline_words.h"
#include "tracer/analysis/blame.h"
#include "tracer/analysis/findings.h"
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

Color callback_color(const Theme& theme, const CallbackSlice& slice) {
  if (slice.kind == CallbackKind::timer)
    return theme.activity(Activity::timers);
  if (slice.phase == tracer::Phase::poll)
    return theme.activity(Activity::poll_io);
  if (slice.phase == tracer::Phase::closing)
    return theme.activity(Activity::closing);
  return theme.activity(Activity::idle);
}

/// The strength of a folded mark's colour. It grows with the longest slice, from 3 µs to 3 ms, so that slow ones stand out.
float weight_of(std::int64_t worst_ns) {
  const float decades = std::log10(std::max(static_cast<float>(worst_ns), 1.0F) / 3e3F);
  return std::clamp(0.4F + 0.19F * decades, 0.34F, 1.0F);
}

void draw_iterations(Painter& p, const TraceSource& source, const Row& row) {
  const Theme& theme = p.theme();
  for (const Mark& mark : row.marks) {
    const bool odd = mark.open || mark.count > 1 || source.model().iterations()[mark.index].number % 2 == 1;
    const Rect rect = rect_of(row, mark);
    const float seam = rect.width() > 3 ? 1.0F : 0.0F;
    p.fill({rect.x0, rect.y0, rect.x1 - seam, rect.y1}, odd ? theme.iteration_odd : theme.iteration_even,
           rect.width() > 6 ? p.px(2) : 0);
  }
}

void draw_phases(Painter& p, const Row& row) {
  const Theme& theme = p.theme();
  for (const Mark& mark : row.marks) {
    const Rect rect = rect_of(row, mark);
    const bool asleep = mark.activity == Activity::poll_asleep;
    p.fill(rect, asleep ? mix(theme.card, theme.activity(mark.activity), theme.dark ? 0.55F : 0.6F)
                        : theme.activity(mark.activity));
    if (asleep && rect.width() > p.px(8))
      p.hatch(rect, with_alpha(theme.card, 0.28F), p.px(7));
  }
}

/// Writes into the bar: name, place and duration if they fit, else the duration and as much of the name as fits.
bool name_inside(Painter& p, const Rect& rect, const Row& row, const std::string& name, const std::string& place,
                 const std::string& ran) {
  const Theme& theme = p.theme();
  const float x = std::max(rect.x0, row.area.x0) + p.px(8);
  const float room = std::min(rect.x1, row.area.x1) - p.px(8) - x;
  const std::string where = place.empty() ? ran : place + " " + ran;
  const bool whole = p.width(Face::mono_strong, name) + p.px(12) + p.width(Face::mono_small, where) <= room;
  const std::string& note = whole ? where : ran;
  const float name_room = room - p.width(Face::mono_small, note) - p.px(10);
  if (name_room < p.width(Face::mono_strong, "abcd…"))
    return false;
  const float w = p.name_fit({x, rect.centre().y}, Face::mono_strong, theme.text, name, name_room);
  p.text({x + w + p.px(10), rect.centre().y}, Face::mono_small, theme.alarm_text, note);
  return true;
}

/// Writes beside the bar, in the upper half of the row, so that the callbacks before and after it stay visible. `taken` are the
/// bars and labels that it must not cover. False if there is no room.
bool name_beside(Painter& p, const Rect& rect, const Row& row, const std::string& name, const std::string& ran,
                 std::vector<Rect>& taken) {
  const Theme& theme = p.theme();
  float left = row.area.x0;
  float right = row.area.x1;
  for (const Rect& other : taken) {
    if (other.x0 >= rect.x1)
      right = std::min(right, other.x0);
    if (other.x1 <= rect.x0)
      left = std::max(left, other.x1);
  }
  const float padding = p.px(4);
  const std::string after = std::string(" ").append(ran);
  const float note = p.width(Face::mono_tiny, after) + 2 * padding + p.px(6);
  const float wanted = p.width(Face::mono_tiny, name) + note;
  const float room_right = right - rect.x1;
  const float room_left = rect.x0 - left;
  const bool to_right = room_right >= std::min(wanted, room_left);
  const float most = std::min({to_right ? room_right : room_left, p.px(260), wanted});
  const std::string shown = p.shortened(Face::mono_tiny, name, most - note + 1, Cut::front);
  if (shown.empty())
    return false;
  const float width = p.width(Face::mono_tiny, shown) + note - p.px(6);
  const float x = to_right ? rect.x1 + p.px(3) : rect.x0 - p.px(3) - width;
  const float tall = std::min(p.height(Face::mono_tiny) * 1.15F, row.area.height() * 0.55F);
  const Rect tag{x, row.area.y0, x + width, row.area.y0 + tall};
  taken.push_back(tag);
  p.fill(tag, with_alpha(theme.card, 0.92F), p.px(2));
  const float w = p.text({tag.x0 + padding, tag.centre().y}, Face::mono_tiny, theme.text, shown);
  p.text({tag.x0 + padding + w, tag.centre().y}, Face::mono_tiny, theme.alarm_text, after);
  return true;
}

/// Writes as much of the name as fits into a bar that has no room for a duration, neither inside nor beside it.
void name_alone(Painter& p, const Rect& rect, const Row& row, const std::string& name) {
  const float x = std::max(rect.x0, row.area.x0) + p.px(4);
  const float room = std::min(rect.x1, row.area.x1) - p.px(4) - x;
  if (room >= p.width(Face::mono_tiny, "abc…"))
    p.name_fit({x, rect.centre().y}, Face::mono_tiny, p.theme().text, name, room);
}

/// Names the callbacks that held the loop, the worst first: inside the bar if there is room, else beside it.
void name_held(Painter& p, const TraceSource& source, const Row& row, std::vector<const Mark*>& held) {
  std::sort(held.begin(), held.end(),
            [](const Mark* left, const Mark* right) { return left->worst_ns > right->worst_ns; });
  std::vector<Rect> taken;
  for (const Mark* mark : held) taken.push_back(rect_of(row, *mark));
  for (const Mark* mark : held) {
    const CallbackSlice slice = slice_of(source, row, *mark);
    const tracer::Name name = source.name(slice.name);
    const std::string text = callable_text(name, slice.kind);
    const std::string ran = duration_text(slice.duration_ns());
    const Rect rect = rect_of(row, *mark);
    if (!name_inside(p, rect, row, text, place_text(name), ran) && !name_beside(p, rect, row, text, ran, taken))
      name_alone(p, rect, row, text);
  }
}

void draw_callbacks(Painter& p, const TraceSource& source, const Row& row, tracer::NameId selected) {
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
    if (selected != tracer::kNoName && slice.name == selected)
      p.outline({rect.x0, rect.y0, std::max(rect.x1, rect.x0 + 2), rect.y1}, theme.text, p.px(1.5F));
    const std::string text = callable_text(source.name(slice.name), slice.kind);
    if (mark.count == 1 && rect.width() > p.px(46)) {
      p.name_fit({rect.x0 + p.px(6), rect.centre().y}, Face::mono_tiny, readable_on(color), text,
                 rect.width() - p.px(10));
    }
  }
  name_held(p, source, row, held);
}

void draw_task(Painter& p, const TraceSource& source, const Row& row) {
  const Theme& theme = p.theme();
  const float y = row.area.height() * 0.2F;
  float text_end = row.area.x0;
  for (const WaitMark& wait : row.waits) {
    if (wait.x0 < text_end)
      continue;  // its line would cross the words of the wait before
    const bool long_wait = wait.waited_ns >= kRules.held_loop_ns;
    const Color color = long_wait ? theme.alarm_text : with_alpha(theme.text_faint, 0.8F);
    const float mid = row.area.centre().y;
    const CallbackSlice& step = row.track->steps[wait.index];
    std::string text;
    if (long_wait && wait.x1 - wait.x0 > p.px(150)) {
      text = "ready, waited " + duration_text(wait.waited_ns);
      if (const auto culprit = tracer::blame(source.model(), step))
        text += " behind " + tracer::function_text(source.name(culprit->culprit.name));
      text = p.shortened(Face::tiny, text, wait.x1 - wait.x0 - p.px(40));
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

void draw_ready(Painter& p, const Row& row) {
  const Theme& theme = p.theme();
  const Color color = theme.activity(Activity::idle);
  for (const std::vector<Point>& line : row.lines) {
    p.area(line, row.area.y1, with_alpha(color, theme.dark ? 0.28F : 0.22F));
    p.polyline(line, color, p.px(1.3F));
  }
  if (row.peak == 0)
    return;
  const std::string text = tracer::count_text(row.peak) + " ready";
  const float w = p.width(Face::mono_tiny, text);
  const float x = std::clamp(row.peak_x + p.px(6), row.area.x0 + p.px(2), row.area.x1 - w - p.px(4));
  p.fill({x - p.px(3), row.area.y0, x + w + p.px(3), row.area.y0 + p.px(15)}, with_alpha(theme.card, 0.75F),
         p.px(3));
  p.text({x, row.area.y0 + p.px(7.5F)}, Face::mono_tiny, theme.text_dim, text);
}

}  // namespace

Rect rect_of(const Row& row, const Mark& mark) {
  const float h = row.area.height();
  return {mark.x0, row.area.y0 + mark.y0 * h, mark.x1, row.area.y0 + mark.y1 * h};
}

void draw_rows(Painter& p, const Rect& plot, const TraceSource& source, const TimelineLayout& layout,
               tracer::NameId selected) {
  const Theme& theme = p.theme();
  for (const Row& row : layout.rows) {
    const bool separated =
        row.kind != RowKind::task && row.kind != RowKind::iterations && row.kind != RowKind::writes;
    if (separated)
      p.line({plot.x0, row.area.y0 - p.px(3)}, {plot.x1, row.area.y0 - p.px(3)}, theme.grid);
    switch (row.kind) {
      case RowKind::iterations:
        draw_iterations(p, source, row);
        break;
      case RowKind::phases:
        draw_phases(p, row);
        break;
      case RowKind::callbacks:
        draw_callbacks(p, source, row, selected);
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
        for (const Mark& mark : row.marks) {  // every wake-up waits a little, so only long waits stand out
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
}

}  // namespace loopscope::gui

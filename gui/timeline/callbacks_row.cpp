#include "gui/timeline/callbacks_row.h"

#include <algorithm>
#include <cmath>

#include "gui/timeline/callback_words.h"
#include "gui/timeline/folding.h"
#include "tracer/analysis/findings.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::Activity;
using tracer::CallbackKind;
using tracer::CallbackSlice;

namespace {

const tracer::FindingRules kRules{};

/// The slice of a mark; of a folded mark, the longest slice.
CallbackSlice slice_of(const TraceSource& source, const Mark& mark) {
  const tracer::TraceModel& model = source.model();
  return mark.open ? so_far(model.open_callbacks().front(), mark) : model.callbacks()[mark.index];
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

/// The strength of a folded mark's colour. It grows with the longest slice, from 3 µs to 3 ms, so that slow ones stand out.
float weight_of(std::int64_t worst_ns) {
  const float decades = std::log10(std::max(static_cast<float>(worst_ns), 1.0F) / 3e3F);
  return std::clamp(0.4F + 0.19F * decades, 0.34F, 1.0F);
}

/// Writes into the bar: name, place and duration if they fit, else the duration and as much of the name as fits.
bool name_inside(Painter& p, const Rect& rect, const Rect& strip, const std::string& name,
                 const std::string& place, const std::string& ran) {
  const Theme& theme = p.theme();
  const float x = std::max(rect.x0, strip.x0) + p.px(8);
  const float room = std::min(rect.x1, strip.x1) - p.px(8) - x;
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
bool name_beside(Painter& p, const Rect& rect, const Rect& strip, const std::string& name, const std::string& ran,
                 std::vector<Rect>& taken) {
  const Theme& theme = p.theme();
  float left = strip.x0;
  float right = strip.x1;
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
  const float tall = std::min(p.height(Face::mono_tiny) * 1.15F, strip.height() * 0.55F);
  const Rect tag{x, strip.y0, x + width, strip.y0 + tall};
  taken.push_back(tag);
  p.fill(tag, with_alpha(theme.card, 0.92F), p.px(2));
  const float w = p.text({tag.x0 + padding, tag.centre().y}, Face::mono_tiny, theme.text, shown);
  p.text({tag.x0 + padding + w, tag.centre().y}, Face::mono_tiny, theme.alarm_text, after);
  return true;
}

/// Writes as much of the name as fits into a bar that has no room for a duration, neither inside nor beside it.
void name_alone(Painter& p, const Rect& rect, const Rect& strip, const std::string& name) {
  const float x = std::max(rect.x0, strip.x0) + p.px(4);
  const float room = std::min(rect.x1, strip.x1) - p.px(4) - x;
  if (room >= p.width(Face::mono_tiny, "abc…"))
    p.name_fit({x, rect.centre().y}, Face::mono_tiny, p.theme().text, name, room);
}

/// Names the callbacks that held the loop, the worst first: inside the bar if there is room, else beside it.
void name_held(Painter& p, const TraceSource& source, const Strip& strip, std::vector<const Mark*>& held) {
  std::sort(held.begin(), held.end(),
            [](const Mark* left, const Mark* right) { return left->worst_ns > right->worst_ns; });
  std::vector<Rect> taken;
  for (const Mark* mark : held) taken.push_back(rect_of(strip, *mark));
  for (const Mark* mark : held) {
    const CallbackSlice slice = slice_of(source, *mark);
    const tracer::Name name = source.name(slice.name);
    const std::string text = tracer::callable_text(name, slice.kind);
    const std::string ran = tracer::duration_text(slice.duration_ns());
    const Rect rect = rect_of(strip, *mark);
    if (!name_inside(p, rect, strip.area, text, tracer::place_text(name), ran) &&
        !name_beside(p, rect, strip.area, text, ran, taken))
      name_alone(p, rect, strip.area, text);
  }
}

void draw_held(Painter& p, const Rect& rect) {
  const Theme& theme = p.theme();
  p.fill(rect, rect.width() < p.px(8) ? theme.alarm : theme.alarm_fill, p.px(2));
  p.outline(rect, theme.alarm, p.px(2), p.px(1.5F));
}

void draw_callback(Painter& p, const TraceSource& source, const Rect& rect, const Mark& mark,
                   const CallbackSlice& slice, tracer::NameId selected) {
  const Theme& theme = p.theme();
  const float y = p.px(2);
  const Color color = callback_color(theme, slice);
  const float seam = rect.width() > 4 ? 0.8F : 0.0F;
  p.fill({rect.x0, rect.y0 + y, rect.x1 - seam, rect.y1 - y},
         mark.count > 1 ? mix(theme.card, color, weight_of(mark.worst_ns)) : color,
         rect.width() > 6 ? p.px(1.5F) : 0);
  if (selected != tracer::kNoName && slice.name == selected)
    p.outline({rect.x0, rect.y0, std::max(rect.x1, rect.x0 + 2), rect.y1}, theme.text, p.px(1.5F));
  if (mark.count == 1 && rect.width() > p.px(46)) {
    p.name_fit({rect.x0 + p.px(6), rect.centre().y}, Face::mono_tiny, readable_on(color),
               tracer::callable_text(source.name(slice.name), slice.kind), rect.width() - p.px(10));
  }
}

}  // namespace

void CallbacksRow::lay_out(const Scene& scene, const Rect& area) {
  const auto& callbacks = scene.model.callbacks();
  auto& marks = add_strip(scene, area, "Callbacks", callbacks.dropped_until_ns()).marks;
  slices_ = lay_slices(marks, callbacks, scene.viewport);
  if (!scene.model.open_callbacks().empty())
    lay_open(marks, scene, scene.model.open_callbacks().front().begin_ns);
}

void CallbacksRow::draw(Painter& p, const TraceSource& source, tracer::NameId selected) const {
  for (const Strip& strip : strips_) {
    std::vector<const Mark*> held;
    for (const Mark& mark : strip.marks) {
      const Rect rect = rect_of(strip, mark);
      if (mark.worst_ns >= kRules.held_loop_ns) {
        held.push_back(&mark);
        draw_held(p, rect);
      } else {
        draw_callback(p, source, rect, mark, slice_of(source, mark), selected);
      }
    }
    name_held(p, source, strip, held);
  }
}

Lines CallbacksRow::describe(const TraceSource& source, std::size_t /*strip*/, const Mark& mark) const {
  return describe_callback(source, slice_of(source, mark), mark);
}

std::optional<tracer::NameId> CallbacksRow::name_of(const TraceSource& source, std::size_t /*strip*/,
                                                    const Mark& mark) const {
  return slice_of(source, mark).name;
}

}  // namespace loopscope::gui

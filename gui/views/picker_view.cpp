#include "gui/views/picker_view.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <iterator>
#include <utility>

#include "tracer/analysis/wording.h"
#include "tracer/read/printable.h"
#include "tracer/read/program_name.h"
#include "tracer/system/clock.h"

namespace loopscope::gui {

namespace {

std::string age_text(std::uint64_t created_realtime_ns) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const auto now_s = static_cast<std::uint64_t>(now.tv_sec);
  const std::uint64_t created_s = created_realtime_ns / 1'000'000'000;
  const std::uint64_t age = now_s > created_s ? now_s - created_s : 0;
  if (age < 120)
    return std::to_string(age) + " s ago";
  if (age < 7200)
    return std::to_string(age / 60) + " min ago";
  if (age < 48 * 3600)
    return std::to_string(age / 3600) + " h ago";
  return std::to_string(age / 86400) + " days ago";
}

/// "812 iterations/s", or why that is not known.
std::string activity_text(const SessionActivity* activity) {
  if (activity == nullptr)
    return "";
  if (!activity->recorded)
    return "not recorded";
  if (!activity->iterations_per_s)
    return "…";
  return tracer::rate_text(*activity->iterations_per_s) + " iterations/s";
}

std::string listens_text(const SessionActivity* activity) {
  if (activity == nullptr || activity->listens_on.empty())
    return "";
  std::string text = "listens on ";
  for (std::size_t i = 0; i < activity->listens_on.size(); ++i)
    text.append(i == 0 ? "" : ", ").append(activity->listens_on[i]);
  return tracer::printable(text);
}

/// A small wheel as an emblem.
void draw_emblem(Painter& p, Point centre) {
  constexpr float kTau = 6.2831853F;
  constexpr tracer::Phase kPhases[] = {tracer::Phase::timers,  tracer::Phase::pending, tracer::Phase::idle,
                                       tracer::Phase::prepare, tracer::Phase::poll,    tracer::Phase::check,
                                       tracer::Phase::closing};
  constexpr float kShares[] = {0.12F, 0.08F, 0.18F, 0.08F, 0.32F, 0.1F, 0.12F};
  float angle = -kTau / 4;
  for (std::size_t i = 0; i < std::size(kPhases); ++i) {
    const float size = kShares[i] * kTau;
    p.ring(centre, p.px(34), p.px(52), angle + 0.03F, angle + size - 0.03F,
           mix(p.theme().window, p.theme().phase(kPhases[i]), 0.85F));
    angle += size;
  }
}

}  // namespace

void PickerView::list(double seconds) {
  if (listed_ >= 0 && seconds - listed_ < kListEvery)
    return;
  listed_ = seconds;
  looks_ = std::min(looks_ + 1, kLooks);
  error_.clear();
  entries_ = tracer::list_sessions(error_);
  watch_.look(entries_, static_cast<std::int64_t>(tracer::monotonic_ns()));
  if (cursor_ >= entries_.size())
    cursor_ = entries_.empty() ? 0 : entries_.size() - 1;
}

void PickerView::key(Key key) {
  if (key == Key::up && cursor_ > 0)
    --cursor_;
  if (key == Key::down && cursor_ + 1 < entries_.size())
    ++cursor_;
  moved_ = moved_ || key == Key::up || key == Key::down || key == Key::enter;
  if (key == Key::enter)
    enter_ = true;
  if (key == Key::escape || key == Key::s)
    dismissed_ = true;
}

bool PickerView::take_dismissed() {
  if (dismissed_)
    watch_ = {};  // otherwise its open sessions would keep the memory of programs that end
  return std::exchange(dismissed_, false);
}

std::optional<std::string> PickerView::draw(Painter& p, const Rect& window, Place place,
                                            const std::string& message, const std::string& shown, double seconds) {
  const Theme& theme = p.theme();
  const bool overlay = place == Place::overlay;
  list(seconds);
  if (overlay)
    p.fill(window, with_alpha(theme.header, 0.72F));
  const float row_height = p.px(62);
  const std::size_t rows = entries_.empty() ? 3 : entries_.size();
  const float w = std::min(p.px(entries_.empty() ? 760 : 980), window.width() - p.px(48));
  const float around = p.px(64) + (message.empty() ? 0 : p.px(40));
  const float most = window.height() - p.px(overlay ? 48 : 150) - around;
  const float whole_rows = std::max(std::floor(most / row_height), 1.0F);
  const float h = around + row_height * std::min(static_cast<float>(rows), whole_rows);
  const Point c = window.centre();
  const Rect box{c.x - w / 2, c.y - h / 2, c.x + w / 2, c.y + h / 2};
  p.fill({box.x0 + p.px(2), box.y0 + p.px(6), box.x1 + p.px(2), box.y1 + p.px(8)}, rgb(0, overlay ? 80 : 0),
         p.px(10));
  Rect inner =
      p.card(box, overlay ? "Sessions" : "loopscope",
             entries_.empty() ? "" : tracer::count_text(entries_.size()) + " · arrows and Enter, or click");
  if (overlay && p.pointer().pressed && !p.hovers(box))
    dismissed_ = true;
  if (!overlay && box.y0 > p.px(160))
    draw_emblem(p, {c.x, box.y0 - p.px(92)});
  if (!message.empty() && !entries_.empty())
    p.text_wrapped(inner.cut_top(p.px(40)), Face::small, theme.alarm_text, message);
  if (entries_.empty()) {
    draw_empty(p, inner, message);
    enter_ = false;
    return std::nullopt;
  }

  std::optional<std::string> picked;
  const std::size_t fits = static_cast<std::size_t>(std::max(inner.height() / row_height, 1.0F));
  if (p.hovers(box) && p.pointer().wheel != 0)
    first_ = p.pointer().wheel > 0 ? first_ - std::min<std::size_t>(first_, 1) : first_ + 1;
  if (std::exchange(moved_, false))
    first_ = std::clamp(first_, cursor_ + 1 > fits ? cursor_ + 1 - fits : 0, cursor_);
  first_ = std::min(first_, entries_.size() - std::min(entries_.size(), fits));
  draw_scroll_bar(p, inner, fits);
  const float middle = middle_width(p, inner.width());
  for (std::size_t i = first_; i < entries_.size() && i < first_ + fits; ++i) {
    const tracer::SessionEntry& entry = entries_[i];
    const Rect row = inner.cut_top(row_height).inset(0, p.px(3));
    if (p.clicks(row))
      cursor_ = i;
    draw_row(p, {row, middle, i == cursor_, entry.path == shown}, entry);
    const bool chosen = p.clicks(row) || (enter_ && i == cursor_);
    if (chosen && entry.readable)
      picked = entry.path;
  }
  enter_ = false;
  if (picked)
    watch_ = {};
  return picked;
}

/// The program's title, with the number and the thread of the loop if its process has several.
std::string PickerView::title_of(const tracer::SessionEntry& entry) const {
  const std::string title = tracer::program_title(tracer::printable(entry.program));
  const auto of_process = std::count_if(entries_.begin(), entries_.end(),
                                        [&](const tracer::SessionEntry& other) { return other.pid == entry.pid; });
  if (of_process <= 1)
    return title;
  const SessionActivity* activity = watch_.of(entry.path);
  const std::string thread =
      activity == nullptr || activity->thread.empty() ? "" : " · " + tracer::printable(activity->thread);
  return title + " · loop " + std::to_string(entry.loop_number) + thread;
}

namespace {

std::string level_and_age(const tracer::SessionEntry& entry) {
  return std::string("level ") + tracer::level_text(static_cast<tracer::Level>(entry.level)) + " · started " +
         age_text(entry.created_realtime_ns);
}

constexpr float kRightColumn = 176;

}  // namespace

/// Wide enough for every row, so that nothing is cut beside free room.
float PickerView::middle_width(const Painter& p, float row_width) const {
  float width = 0;
  for (const tracer::SessionEntry& entry : entries_) {
    width = std::max({width, p.width(Face::small, level_and_age(entry)),
                      p.width(Face::small, listens_text(watch_.of(entry.path)))});
  }
  const float least_name = p.px(240);
  const float room = row_width - p.px(kRightColumn + 64) - least_name;
  const float least = p.px(150);
  return room < least ? 0 : std::min(width + p.px(8), room);
}

void PickerView::draw_title(Painter& p, Point at, const RowPlace& place, const tracer::SessionEntry& entry,
                            float room) const {
  const std::string mark = "shown in this window";
  const float mark_width = place.shown ? p.width(Face::small, mark) + p.px(12) : 0;
  const bool with_mark = place.shown && room > mark_width + p.px(120);
  const float used =
      p.text_fit(at, Face::title, p.theme().text, title_of(entry), room - (with_mark ? mark_width : 0));
  if (with_mark)
    p.text({at.x + used + p.px(12), at.y}, Face::small, p.theme().accent, mark);
}

void PickerView::draw_row(Painter& p, const RowPlace& place, const tracer::SessionEntry& entry) const {
  const Theme& theme = p.theme();
  const Rect& row = place.rect;
  const bool hovered = p.hovers(row);
  p.fill(row, place.chosen ? theme.button : hovered ? theme.inset : theme.card, p.px(6));
  if (place.shown)
    p.fill({row.x0, row.y0, row.x0 + p.px(4), row.y1}, theme.accent, p.px(2));
  if (place.chosen)
    p.outline(row, theme.accent, p.px(6));
  const float x = row.x0 + p.px(18);
  const float y0 = row.y0 + row.height() * 0.33F;
  const float y1 = row.y0 + row.height() * 0.69F;
  if (entry.alive)
    p.dot({x, y0}, p.px(5), theme.live);
  else
    p.cross_mark({x, y0}, p.px(12), theme.text_dim);
  const SessionActivity* activity = watch_.of(entry.path);
  const float text_x = x + p.px(18);
  const float right_x = row.x1 - p.px(16);
  // Right: the id, and what the program does. Middle, if there is room: its level and its age.
  const std::string id = entry.id + (entry.alive ? " · live" : " · dead");
  const std::string does = entry.alive ? activity_text(activity) : "";
  p.text({right_x, y0}, Face::mono_small, entry.alive ? theme.live : theme.text_dim, id, Align::right);
  p.text({right_x, y1}, Face::small, theme.text, does, Align::right);
  float end_x = right_x - p.px(kRightColumn);
  if (entry.readable && place.middle_width > 0) {
    end_x -= place.middle_width;
    p.text_fit({end_x, y0}, Face::small, theme.text_dim, level_and_age(entry), place.middle_width);
    p.text_fit({end_x, y1}, Face::small, theme.text, listens_text(activity), place.middle_width);
  }
  const float room = end_x - p.px(14) - text_x;
  const std::string arguments = tracer::program_arguments(tracer::printable(entry.program));
  draw_title(p, {text_x, y0}, place, entry, room);
  p.text_fit({text_x, y1}, Face::small, entry.readable ? theme.text_dim : theme.alarm_text,
             entry.readable ? arguments : entry.problem, entry.readable ? room : right_x - text_x);
  if (hovered)
    tell_more(p, entry, place.shown);
}

void PickerView::tell_more(Painter& p, const tracer::SessionEntry& entry, bool shown) const {
  const SessionActivity* activity = watch_.of(entry.path);
  std::vector<std::string> tip{entry.program.empty() ? entry.id : tracer::printable(entry.program)};
  if (entry.readable) {
    tip.push_back("Python " + tracer::printable(entry.python_version) + " · libuv " +
                  tracer::printable(entry.libuv_version) + " · started " + age_text(entry.created_realtime_ns));
    if (const std::string listens = listens_text(activity); !listens.empty())
      tip.push_back(listens);
    if (activity != nullptr && !activity->thread.empty())
      tip.push_back("thread of the loop: " + tracer::printable(activity->thread));
  }
  tip.push_back(!entry.readable ? entry.problem
                : shown         ? "this window shows it"
                : entry.alive   ? "click: attach"
                                : "click: open what it left behind");
  p.tooltip(tip);
}

void PickerView::draw_scroll_bar(Painter& p, const Rect& list, std::size_t fits) const {
  if (entries_.size() <= fits)
    return;
  const auto all = static_cast<float>(entries_.size());
  const Rect rail{list.x1 + p.px(4), list.y0, list.x1 + p.px(9), list.y1};
  const float y = rail.y0 + static_cast<float>(first_) / all * rail.height();
  p.fill(rail, p.theme().track, p.px(2));
  p.fill({rail.x0, y, rail.x1, y + static_cast<float>(fits) / all * rail.height()}, p.theme().text_faint, p.px(2));
}

void PickerView::draw_empty(Painter& p, Rect area, const std::string& message) const {
  const Theme& theme = p.theme();
  float y = area.y0 + p.px(14);
  p.text({area.x0, y}, Face::title, theme.text, "No program is running on loopscope");
  y += p.px(32);
  p.text_fit({area.x0, y}, Face::body, theme.text_dim, "Start one, and it appears here:", area.width());
  y += p.px(34);
  const Rect box{area.x0, y - p.px(18), area.x1, y + p.px(18)};
  p.fill(box, theme.inset, p.px(5));
  p.text_fit({box.x0 + p.px(14), y}, Face::mono, theme.text, "python3 -m loopscope run your_program.py",
             box.width() - p.px(24));
  y += p.px(44);
  if (!message.empty() || !error_.empty()) {
    p.text_wrapped({area.x0, y - p.px(8), area.x1, area.y1}, Face::small, theme.alarm_text,
                   message.empty() ? error_ : message);
  } else {
    p.text_fit({area.x0, y}, Face::small, theme.text_faint,
               "A program of your own opts in with loopscope.install() or loopscope.run(main()).", area.width());
  }
}

}  // namespace loopscope::gui

#include "gui/picker_view.h"

#include <ctime>
#include <iterator>
#include <utility>

#include "gui/header_view.h"
#include "tracer/analysis/wording.h"
#include "tracer/printable.h"

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

/// The wheel, still: what the app is about.
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
  if (listed_ >= 0 && seconds - listed_ < 1.0)
    return;
  listed_ = seconds;
  error_.clear();
  entries_ = tracer::list_sessions(error_);
  if (cursor_ >= entries_.size())
    cursor_ = entries_.empty() ? 0 : entries_.size() - 1;
}

void PickerView::key(Key key) {
  if (key == Key::up && cursor_ > 0)
    --cursor_;
  if (key == Key::down && cursor_ + 1 < entries_.size())
    ++cursor_;
  if (key == Key::enter)
    enter_ = true;
  if (key == Key::escape || key == Key::s)
    dismissed_ = true;
}

bool PickerView::take_dismissed() {
  return std::exchange(dismissed_, false);
}

std::optional<std::string> PickerView::draw(Painter& p, const Rect& window, bool overlay,
                                            const std::string& message, double seconds) {
  const Theme& theme = p.theme();
  list(seconds);
  if (overlay)
    p.fill(window, with_alpha(theme.header, 0.72F));
  const float row_height = p.px(62);
  const std::size_t rows = entries_.empty() ? 3 : std::min<std::size_t>(entries_.size(), 8);
  const float w = std::min(p.px(760), window.width() - p.px(48));
  const float h = std::min(p.px(64) + row_height * static_cast<float>(rows) + (message.empty() ? 0 : p.px(40)),
                           window.height() - p.px(48));
  const Point c = window.centre();
  const Rect box{c.x - w / 2, c.y - h / 2, c.x + w / 2, c.y + h / 2};
  p.fill({box.x0 + p.px(2), box.y0 + p.px(6), box.x1 + p.px(2), box.y1 + p.px(8)}, rgb(0, overlay ? 80 : 0),
         p.px(10));
  Rect inner =
      p.card(box, overlay ? "Sessions" : "loopscope", entries_.empty() ? "" : "arrows and Enter, or click");
  if (overlay && p.pointer().pressed && !p.hovers(box))
    dismissed_ = true;
  if (!overlay)
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
  const std::size_t first = cursor_ >= fits ? cursor_ - fits + 1 : 0;
  for (std::size_t i = first; i < entries_.size() && i < first + fits; ++i) {
    const tracer::SessionEntry& entry = entries_[i];
    const Rect row = inner.cut_top(row_height).inset(0, p.px(3));
    if (p.hovers(row) && (p.pointer().pressed || p.pointer().wheel != 0))
      cursor_ = i;
    p.fill(row, i == cursor_ ? theme.button : p.hovers(row) ? theme.inset : theme.card, p.px(6));
    if (i == cursor_)
      p.outline(row, theme.accent, p.px(6));
    const float x = row.x0 + p.px(18);
    const float y0 = row.y0 + row.height() * 0.33F;
    const float y1 = row.y0 + row.height() * 0.69F;
    const Color state = entry.alive ? theme.live : theme.text_faint;
    if (entry.alive) {
      p.dot({x, y0}, p.px(5), state);
    } else {
      p.cross_mark({x, y0}, p.px(12), state);
    }
    const std::string status = entry.alive ? "live" : "dead";
    const float text_x = x + p.px(18);
    const float right_x = row.x1 - p.px(16);
    const std::string id = entry.id + " · " + status;
    const float id_width =
        p.text({right_x, y0}, Face::mono_small, entry.alive ? theme.live : theme.text_dim, id, Align::right);
    p.text_fit({text_x, y0}, Face::title, theme.text, program_title(tracer::printable(entry.program)),
               right_x - id_width - p.px(16) - text_x);
    std::string facts = entry.readable ? "Python " + tracer::printable(entry.python_version) + " · libuv " +
                                             tracer::printable(entry.libuv_version) + " · level " +
                                             tracer::level_text(static_cast<tracer::Level>(entry.level)) +
                                             " · started " + age_text(entry.created_realtime_ns)
                                       : entry.problem;
    bool cut = false;
    p.text_fit({text_x, y1}, Face::small, entry.readable ? theme.text_dim : theme.alarm_text, facts,
               right_x - text_x, Align::left, &cut);
    if (p.hovers(row))
      p.tooltip(
          {entry.program.empty() ? entry.id : tracer::printable(entry.program),
           entry.readable ? (entry.alive ? "click: attach" : "click: open what it left behind") : entry.problem});
    const bool chosen = (p.hovers(row) && p.pointer().pressed) || (enter_ && i == cursor_);
    if (chosen && entry.readable)
      picked = entry.path;
  }
  enter_ = false;
  return picked;
}

void PickerView::draw_empty(Painter& p, Rect area, const std::string& message) const {
  const Theme& theme = p.theme();
  float y = area.y0 + p.px(14);
  p.text({area.x0, y}, Face::title, theme.text, "No program runs on the loop");
  y += p.px(32);
  p.text_fit({area.x0, y}, Face::body, theme.text_dim, "Start one, and it appears here by itself:", area.width());
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

#include "gui/app.h"

#include <algorithm>

#include "gui/canvas/screen_scale.h"
#include "gui/views/help_view.h"

namespace loopscope::gui {

namespace {

constexpr float kPresenterScale = 24.0F / 14.0F;

}  // namespace

std::string App::attach(const std::string& path) {
  std::string problem = attachment_.attach(path);
  if (problem.empty())
    show_attached();
  return problem;
}

void App::show_attached() {
  live_.begin();
  overlay_ = Overlay::none;
  window_.set_title(attachment_.title());
}

void App::frame(double seconds, Image* capture) {
  now_ = seconds;
  if (now_ >= notice_.until)
    notice_.text.clear();
  if (attachment_.open_chosen())
    show_attached();
  for (const KeyPress& press : window_.take_keys()) handle_key(press);
  measure_costs();
  if (attachment_.attach_to_the_only_one(seconds))
    show_attached();

  const WindowGeometry geometry = window_.geometry();
  if (!geometry.visible())
    return;
  const Point size = geometry.pixels;
  const float scale = screen_scale(size, geometry.scale, options_.scale);
  window_.load_faces(scale);
  window_.frame(
      theme_.window,
      [&](ImDrawList* list, ImDrawList* overlay, const Pointer& pointer) {
        Painter painter(list, overlay, window_.faces(), theme_, scale, options_.unattended ? Pointer{} : pointer);
        const Rect window{0, 0, size.x, size.y};
        draw(painter, window);
        draw_notice(painter, window);
        painter.draw_tooltip(window);
      },
      capture);
}

Motion App::motion(double seconds) {
  if (attachment_.has_choice() || window_.wants_glyphs() || (!notice_.text.empty() && seconds >= notice_.until))
    return Motion::busy;
  if (!attachment_.attached()) {
    if (!attachment_.attach_to_the_only_one(seconds))
      return Motion::idle;
    show_attached();
    return Motion::busy;
  }
  measure_costs();
  const Reader::Look source = attachment_.look();
  if (live_.outdated(*source))
    return Motion::busy;
  if (overlay_ == Overlay::sessions)
    return picker_.wants_frame(seconds) ? Motion::busy : Motion::idle;
  return live_.motion(*source);
}

/// Not before a session is attached, so that an app that only waits does no work.
void App::measure_costs() {
  if (!attachment_.attached())
    return;
  if (const auto calibration = costs_.poll())
    live_.calibrate(*calibration);
}

bool App::show_worst_finding() {
  return attachment_.attached() && live_.show_worst(*attachment_.look());
}

void App::handle_key(const KeyPress& press) {
  const auto command = command_of(press);
  if (command && is_of_the_app(*command))
    return obey(*command);
  if (press.ctrl)
    return;
  if (overlay_ == Overlay::help) {
    if (press.key == Key::escape)
      overlay_ = Overlay::none;
  } else if (overlay_ == Overlay::sessions || !attachment_.attached()) {
    picker_.key(press.key);
  } else if (command == Command::sessions) {
    open_sessions();
  } else if (command) {
    live_.obey(*command, *attachment_.look());
  }
}

void App::obey(Command command) {
  switch (command) {
    case Command::quit:
      quit_ = true;
      break;
    case Command::larger_text:
      set_text_size(options_.scale * 1.1F);
      break;
    case Command::smaller_text:
      set_text_size(options_.scale / 1.1F);
      break;
    case Command::plain_text:
      set_text_size(1);
      break;
    case Command::presenter_text:
      toggle_presenter_text();
      break;
    case Command::other_theme:
      options_.dark = !options_.dark;
      theme_ = options_.dark ? dark_theme() : light_theme();
      break;
    case Command::help:
      overlay_ = overlay_ == Overlay::help ? Overlay::none : Overlay::help;
      break;
    default:
      break;
  }
}

/// Text is never larger than the window can hold, and the app says so.
void App::set_text_size(float wanted) {
  const WindowGeometry geometry = window_.geometry();
  const float most = most_wanted(geometry.pixels, geometry.scale);
  if (wanted > most * 1.001F)
    say("Text is now as large as this window can hold. A larger window can hold larger text.");
  options_.scale = std::clamp(wanted, 0.7F, std::clamp(most, 0.7F, 3.0F));
}

void App::toggle_presenter_text() {
  const WindowGeometry geometry = window_.geometry();
  const float presenter = std::min(kPresenterScale, most_wanted(geometry.pixels, geometry.scale));
  set_text_size(options_.scale < presenter * 0.999F ? kPresenterScale : 1);
}

void App::open_sessions() {
  overlay_ = Overlay::sessions;
  picker_.refresh_soon();
}

void App::draw(Painter& painter, const Rect& window) {
  if (overlay_ == Overlay::none) {
    draw_below(painter, window);
    return;
  }
  Painter below(painter);
  below.block_pointer();
  draw_below(below, window);
  painter.into_overlay();
  if (overlay_ == Overlay::sessions)
    draw_sessions(painter, window);
  else if (draw_help(painter, window))
    overlay_ = Overlay::none;
  painter.into_overlay();
}

void App::draw_below(Painter& painter, const Rect& window) {
  if (!attachment_.attached()) {
    const std::string& message = attachment_.message();
    attachment_.choose(picker_.draw(painter, window, PickerView::Place::screen, message, "", now_));
    static_cast<void>(picker_.take_dismissed());  // there is nothing to go back to
    return;
  }
  const HeaderAction action = live_.draw(painter, window, *attachment_.look());
  if (action == HeaderAction::open_sessions)
    open_sessions();
  if (action == HeaderAction::open_help)
    overlay_ = Overlay::help;
}

void App::draw_sessions(Painter& painter, const Rect& window) {
  const std::string& shown = attachment_.path();
  auto chosen = picker_.draw(painter, window, PickerView::Place::overlay, attachment_.message(), shown, now_);
  const bool same = chosen && *chosen == shown;
  attachment_.choose(same ? std::nullopt : std::move(chosen));  // to attach anew would lose what the view shows
  if (picker_.take_dismissed() || same)
    overlay_ = Overlay::none;
}

void App::draw_notice(Painter& p, const Rect& window) const {
  if (notice_.text.empty())
    return;
  p.into_overlay();
  const float w = std::min(p.width(Face::body, notice_.text) + p.px(28), window.width() - p.px(24));
  const float x = window.centre().x - w / 2;
  const Rect box{x, window.y1 - p.px(52), x + w, window.y1 - p.px(18)};
  p.fill(box, p.theme().button, p.px(6));
  p.outline(box, p.theme().accent, p.px(6));
  p.text_fit(box.centre(), Face::body, p.theme().text, notice_.text, w - p.px(16), Align::centre);
  p.into_overlay();
}

}  // namespace loopscope::gui

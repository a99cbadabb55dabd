#include "gui/app.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "gui/canvas/screen_scale.h"
#include "gui/model/steady_findings.h"
#include "gui/model/window_title.h"
#include "gui/views/budget_view.h"
#include "gui/views/graphs_view.h"
#include "gui/views/header_view.h"
#include "gui/views/help_view.h"
#include "gui/views/loop_view.h"
#include "gui/views/why_view.h"
#include "tracer/read/printable.h"
#include "tracer/write/cost_calibration.h"

namespace loopscope::gui {

using tracer::Level;

namespace {

constexpr float kPresenterScale = 24.0F / 14.0F;

}  // namespace

std::string App::attach(const std::string& path) {
  auto opened = tracer::Session::open(path);
  if (!opened.session) {
    message_ = opened.message;
    return opened.message;
  }
  const std::string program = tracer::printable(opened.session->header().program);
  const std::uint32_t pid = opened.session->header().pid;
  reader_.reset();  // gives its lease back before the next session takes one
  reader_ = std::make_unique<Reader>(std::make_unique<TraceSource>(std::move(opened.session), options_.level));
  digest_ = {};
  timeline_ = {};
  findings_ = {};
  overlay_ = Overlay::none;
  picked_once_ = true;
  message_.clear();
  window_.set_title(window_title(program, pid));
  return {};
}

void App::frame(double seconds, Image* capture) {
  now_ = seconds;
  if (now_ >= notice_.until)
    notice_.text.clear();
  open_chosen();
  for (const KeyPress& press : window_.take_keys()) handle_key(press);
  calibrate();
  if (reader_ == nullptr && !picked_once_)
    attach_to_the_only_one(seconds);

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
  if (chosen_ || window_.wants_glyphs() || (!notice_.text.empty() && seconds >= notice_.until))
    return Motion::busy;
  if (reader_ == nullptr) {
    attach_to_the_only_one(seconds);
    return reader_ == nullptr ? Motion::idle : Motion::busy;
  }
  calibrate();
  const Reader::Look source = reader_->look();
  if (standing(*source) != drawn_ || digest_.outdated(*source))
    return Motion::busy;
  if (overlay_ == Overlay::sessions)
    return picker_.wants_frame(seconds) ? Motion::busy : Motion::idle;
  if (source->held() || source->ended())
    return Motion::still;
  return source->events() == drawn_events_ ? Motion::idle : Motion::busy;
}

/// To be called between frames, because drawing a frame uses the attached session.
void App::open_chosen() {
  if (const auto path = std::exchange(chosen_, std::nullopt))
    attach(*path);
}

/// Measures what recording costs, once, on a thread of its own. The app does not wait for it, and the program is not involved.
void App::calibrate() {
  if (calibration_.done || reader_ == nullptr)
    return;
  if (!calibrating_.valid())
    calibrating_ = std::async(std::launch::async, [] { return tracer::measure_recording_costs(); });
  if (calibrating_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    return;
  calibration_ = {true, calibrating_.get()};
  digest_.expire();
}

/// Follows the source: the level it wants, and the digest.
void App::update(TraceSource& source) {
  drawn_ = standing(source);
  drawn_events_ = source.events();
  // Tasks need a higher level, so the app asks for it only while the Tasks tab is open.
  if (options_.level != Level::off) {
    const Level want = tables_.tab() == Tab::tasks ? std::max(options_.level, Level::tasks) : options_.level;
    if (want != source.wanted_level())
      source.want_level(want);
  }
  digest_.refresh(source, calibration_);
}

void App::attach_to_the_only_one(double seconds) {
  if (picked_once_ || (looked_for_sessions_ >= 0 && seconds - looked_for_sessions_ < 0.5))
    return;
  looked_for_sessions_ = seconds;
  std::string error;
  const auto entries = tracer::list_sessions(error);
  const auto lives = [](const tracer::SessionEntry& entry) { return entry.alive && entry.readable; };
  if (std::count_if(entries.begin(), entries.end(), lives) == 1)
    attach(std::find_if(entries.begin(), entries.end(), lives)->path);
}

/// Text is never larger than the window can hold, and the app says so.
void App::set_text_size(float wanted) {
  const WindowGeometry geometry = window_.geometry();
  const float most = most_wanted(geometry.pixels, geometry.scale);
  if (wanted > most * 1.001F)
    say("Text is now as large as this window can hold. A larger window can hold larger text.");
  options_.scale = std::clamp(wanted, 0.7F, std::clamp(most, 0.7F, 3.0F));
}

void App::open_sessions() {
  overlay_ = Overlay::sessions;
  picker_.refresh_soon();
}

void App::handle_key(const KeyPress& press) {
  if (press.ctrl) {
    if (press.key == Key::plus)
      set_text_size(options_.scale * 1.1F);
    if (press.key == Key::minus)
      set_text_size(options_.scale / 1.1F);
    if (press.key == Key::zero)
      set_text_size(1);
    if (press.key == Key::q)
      quit_ = true;
    return;
  }
  switch (press.key) {
    case Key::f2: {
      const WindowGeometry geometry = window_.geometry();
      const float presenter = std::min(kPresenterScale, most_wanted(geometry.pixels, geometry.scale));
      set_text_size(options_.scale < presenter * 0.999F ? kPresenterScale : 1);
      return;
    }
    case Key::f3:
      options_.dark = !options_.dark;
      theme_ = options_.dark ? dark_theme() : light_theme();
      return;
    default:
      break;
  }
  if (!handle_overlay_key(press))
    handle_view_key(*reader_->look(), press);
}

/// False if the key is for the view.
bool App::handle_overlay_key(const KeyPress& press) {
  const bool asks_for_help = press.key == Key::f1 || press.key == Key::h || press.key == Key::question;
  if (overlay_ == Overlay::help) {
    if (asks_for_help || press.key == Key::escape)
      overlay_ = Overlay::none;
    return true;
  }
  if (asks_for_help) {
    overlay_ = Overlay::help;
    return true;
  }
  if (overlay_ == Overlay::none && reader_ != nullptr)
    return false;
  picker_.key(press.key);
  return true;
}

void App::handle_view_key(TraceSource& source, const KeyPress& press) {
  switch (press.key) {
    case Key::space:
      toggle_pause(source);
      break;
    case Key::plus:
    case Key::up:
      timeline_.zoom(1.4);
      break;
    case Key::minus:
    case Key::down:
      timeline_.zoom(1 / 1.4);
      break;
    case Key::left:
      timeline_.pan(press.shift ? -0.5F : -0.12F);
      break;
    case Key::right:
      timeline_.pan(press.shift ? 0.5F : 0.12F);
      break;
    case Key::f:
    case Key::end:
      if (source.held())
        toggle_pause(source);
      timeline_.follow();
      break;
    case Key::zero:
    case Key::home:
      if (source.held())
        toggle_pause(source);
      timeline_.reset();
      break;
    case Key::s:
    case Key::l:
      open_sessions();
      break;
    case Key::g:
      show_worst(source);
      break;
    case Key::tab:
      tables_.next_tab();
      break;
    case Key::escape:
      timeline_.select(tracer::kNoName);
      break;
    default:
      break;
  }
}

void App::toggle_pause(TraceSource& source) {
  if (source.held()) {
    source.let_go();
    timeline_.follow();
  } else {
    pause(source);
  }
}

/// Every card then shows the moment of the pause.
void App::pause(TraceSource& source) {
  if (!source.held() && !source.ended())
    source.hold();
  digest_.refresh(source, calibration_);
}

bool App::show_worst_finding() {
  return reader_ != nullptr && show_worst(*reader_->look());
}

bool App::show_worst(TraceSource& source) {
  const bool was_paused = source.held();
  pause(source);
  const auto& findings = digest_->findings;
  const auto worst = std::find_if(findings.begin(), findings.end(),
                                  [](const tracer::Finding& finding) { return finding.begin_ns != 0; });
  if (worst != findings.end()) {
    show(source, *worst);
    return true;
  }
  if (!was_paused && source.held())
    source.let_go();
  return false;
}

void App::show(TraceSource& source, tracer::Finding finding) {
  pause(source);
  if (const tracer::Finding* now = same_finding(digest_->findings, finding))
    finding = *now;  // what holds the loop has grown since the click
  timeline_.show(finding.begin_ns, finding.end_ns);
  timeline_.select(finding.name);
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
  if (overlay_ == Overlay::sessions) {
    const std::string shown = reader_ == nullptr ? "" : reader_->look()->path();
    chosen_ = picker_.draw(painter, window, PickerView::Place::overlay, message_, shown, now_);
    const bool same = chosen_ && *chosen_ == shown;
    if (same)
      chosen_.reset();  // it would lose what the view shows
    if (picker_.take_dismissed() || same)
      overlay_ = Overlay::none;
  } else if (draw_help(painter, window)) {
    overlay_ = Overlay::none;
  }
  painter.into_overlay();
}

void App::draw_below(Painter& painter, const Rect& window) {
  if (reader_ != nullptr) {
    draw_screen(painter, window, *reader_->look());
    return;
  }
  chosen_ = picker_.draw(painter, window, PickerView::Place::screen, message_, "", now_);
  static_cast<void>(picker_.take_dismissed());  // there is nothing to go back to
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

void App::draw_screen(Painter& p, Rect window, TraceSource& source) {
  update(source);
  switch (draw_header(p, window.cut_top(p.px(52)), source, *digest_, source.held())) {
    case HeaderAction::toggle_pause:
      toggle_pause(source);
      break;
    case HeaderAction::open_sessions:
      open_sessions();
      break;
    case HeaderAction::open_help:
      overlay_ = Overlay::help;
      break;
    case HeaderAction::none:
      break;
  }
  const float gap = p.px(10);
  Rect body = window.inset(p.px(12), p.px(11));
  const bool compact = body.height() < p.px(640);  // a small window, or very large text
  Rect left =
      body.cut_left(std::clamp(body.width() * (compact ? 0.29F : 0.257F), p.px(compact ? 270 : 300), p.px(420)));
  body.cut_left(gap);
  const float upper = left.height() * (compact ? 0.56F : 0.452F);
  draw_loop(p, left.cut_top(compact ? left.height() * 0.48F : upper), source, *digest_);
  left.cut_top(gap);
  draw_why(p, left.cut_top(std::clamp(left.height() * 0.345F, p.px(134), p.px(180))), *digest_);
  left.cut_top(gap);
  draw_budget(p, left, *digest_);

  timeline_.draw(p, body.cut_top(upper), source);
  body.cut_top(gap);
  if (compact) {
    draw_compact(p, body, source);
  } else {
    draw_right(p, body, source);
  }
}

/// For a small window: only the graph that tells most, and none in the smallest.
void App::draw_compact(Painter& p, Rect area, TraceSource& source) {
  if (area.width() >= p.px(600)) {
    draw_lag_graph(p, area.cut_left(area.width() * 0.27F), source, *digest_, source.now_ns());
    area.cut_left(p.px(10));
  }
  draw_table_and_findings(p, area, source);
}

void App::draw_right(Painter& p, Rect area, TraceSource& source) {
  const float gap = p.px(10);
  Rect graphs = area.cut_top(std::clamp(area.height() * 0.39F, p.px(120), p.px(192)));
  area.cut_top(gap);
  const float w = (graphs.width() - 2 * gap) / 3;
  const std::int64_t now = source.now_ns();
  draw_throughput_graph(p, graphs.cut_left(w), source, *digest_, now);
  graphs.cut_left(gap);
  draw_bytes_graph(p, graphs.cut_left(w), source, *digest_, now);
  graphs.cut_left(gap);
  draw_lag_graph(p, graphs, source, *digest_, now);
  draw_table_and_findings(p, area, source);
}

void App::draw_table_and_findings(Painter& p, Rect area, TraceSource& source) {
  const float gap = p.px(10);
  const Rect findings =
      area.cut_right(std::clamp(area.width() * 0.318F, std::min(p.px(250), area.width() * 0.45F), p.px(420)));
  area.cut_right(gap);
  tracer::NameId selected = timeline_.selected();
  if (tables_.draw(p, area, source, *digest_, selected))
    source.reset_callbacks();
  timeline_.select(selected);
  if (const tracer::Finding* clicked = findings_.draw(p, findings, source, *digest_))
    show(source, *clicked);
}

}  // namespace loopscope::gui

#include "gui/app.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "gui/canvas/screen_scale.h"
#include "gui/views/budget_view.h"
#include "gui/views/findings_view.h"
#include "gui/views/graphs_view.h"
#include "gui/views/header_view.h"
#include "gui/views/why_view.h"
#include "tracer/read/printable.h"
#include "tracer/read/program_name.h"
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
  reader_.reset();  // gives its lease back before the next session takes one
  reader_ = std::make_unique<Reader>(std::make_unique<TraceSource>(std::move(opened.session), options_.level));
  digest_ = {};
  digested_ns_ = -1;
  loop_view_ = {};
  timeline_ = {};
  picker_open_ = false;
  picked_once_ = true;
  message_.clear();
  window_.set_title("loopscope · " + tracer::program_title(program));
  return {};
}

void App::frame(double seconds, Image* capture) {
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
        draw(painter, window, seconds);
        painter.draw_tooltip(window);
      },
      capture);
}

Motion App::motion(double seconds) {
  if (chosen_ || window_.wants_glyphs())
    return Motion::busy;
  if (reader_ == nullptr) {
    attach_to_the_only_one(seconds);
    return reader_ == nullptr ? Motion::idle : Motion::busy;
  }
  calibrate();
  const Reader::Look source = reader_->look();
  if (standing(*source) != drawn_ || digested_ns_ < 0)
    return Motion::busy;
  if (picker_open_)
    return Motion::idle;
  if (source->held() || source->ended())
    return source->ended() && digest_.at_ns != source->now_ns() ? Motion::busy : Motion::still;
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
  digested_ns_ = -1;
}

/// Makes a new digest a few times a second.
void App::update(TraceSource& source) {
  drawn_ = standing(source);
  drawn_events_ = source.events();
  // Tasks need a higher level, so the app asks for it only while the Tasks tab is open.
  if (options_.level != Level::off) {
    const Level want = tables_.tab() == Tab::tasks ? std::max(options_.level, Level::tasks) : options_.level;
    if (want != source.wanted_level())
      source.want_level(want);
  }
  const std::int64_t now_ns = source.now_ns();
  if (digested_ns_ >= 0 && std::llabs(now_ns - digested_ns_) < kDigestNs &&
      !(source.ended() && digest_.at_ns != now_ns))
    return;
  digest_ = make_digest(source, calibration_);
  digested_ns_ = now_ns;
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

void App::handle_key(const KeyPress& press) {
  if (press.ctrl) {
    if (press.key == Key::plus)
      options_.scale = std::min(options_.scale * 1.1F, 3.0F);
    if (press.key == Key::minus)
      options_.scale = std::max(options_.scale / 1.1F, 0.7F);
    if (press.key == Key::zero)
      options_.scale = 1;
    if (press.key == Key::q)
      quit_ = true;
    return;
  }
  switch (press.key) {
    case Key::f2:
      options_.scale = options_.scale > 1.3F ? 1.0F : kPresenterScale;
      return;
    case Key::f3:
      options_.dark = !options_.dark;
      theme_ = options_.dark ? dark_theme() : light_theme();
      return;
    default:
      break;
  }
  if (picker_open_ || reader_ == nullptr) {
    picker_.key(press.key);
    return;
  }
  handle_view_key(*reader_->look(), press);
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
    case Key::s:
    case Key::l:
      picker_open_ = true;
      picker_.refresh_soon();
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
  digested_ns_ = -1;
  if (source.held()) {
    source.let_go();
    timeline_.follow();
  } else if (!source.ended()) {
    source.hold();
  }
}

bool App::show_worst_finding() {
  return reader_ != nullptr && show_worst(*reader_->look());
}

bool App::show_worst(TraceSource& source) {
  for (const tracer::Finding& finding : digest_.findings) {
    if (finding.begin_ns == 0)
      continue;
    show(source, finding);
    return true;
  }
  return false;
}

void App::show(TraceSource& source, tracer::Finding finding) {
  if (!source.held() && !source.ended()) {
    source.hold();
    digested_ns_ = source.now_ns();  // keep this digest, so that the finding that was clicked stays in place
  }
  timeline_.show(finding.begin_ns, finding.end_ns);
  timeline_.select(finding.name);
}

void App::draw(Painter& painter, const Rect& window, double seconds) {
  if (reader_ == nullptr) {
    chosen_ = picker_.draw(painter, window, false, message_, seconds);
    static_cast<void>(picker_.take_dismissed());  // there is nothing to go back to
    return;
  }
  if (!picker_open_) {
    draw_screen(painter, window, *reader_->look());
    return;
  }
  Painter below(painter);
  below.block_pointer();
  draw_screen(below, window, *reader_->look());
  painter.into_overlay();
  chosen_ = picker_.draw(painter, window, true, message_, seconds);
  painter.into_overlay();
  if (picker_.take_dismissed())
    picker_open_ = false;
}

void App::draw_screen(Painter& p, Rect window, TraceSource& source) {
  update(source);
  const HeaderState state{source.held(), timeline_.following()};
  switch (draw_header(p, window.cut_top(p.px(52)), source, digest_, state)) {
    case HeaderAction::toggle_pause:
      toggle_pause(source);
      break;
    case HeaderAction::back_to_live:
      timeline_.follow();
      break;
    case HeaderAction::open_sessions:
      picker_open_ = true;
      picker_.refresh_soon();
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
  const bool frozen = source.held() || source.ended();
  loop_view_.draw(p, left.cut_top(compact ? left.height() * 0.48F : upper), source, digest_, frozen);
  left.cut_top(gap);
  draw_why(p, left.cut_top(std::clamp(left.height() * 0.345F, p.px(134), p.px(180))), digest_);
  left.cut_top(gap);
  draw_budget(p, left, digest_);

  timeline_.draw(p, body.cut_top(upper), source);
  body.cut_top(gap);
  if (compact) {
    draw_compact(p, body, source);
  } else {
    draw_right(p, body, source);
  }
}

/// For a small window: only the graph that tells most.
void App::draw_compact(Painter& p, Rect area, TraceSource& source) {
  draw_lag_graph(p, area.cut_left(area.width() * 0.27F), source, digest_, source.now_ns());
  area.cut_left(p.px(10));
  draw_table_and_findings(p, area, source);
}

void App::draw_right(Painter& p, Rect area, TraceSource& source) {
  const float gap = p.px(10);
  Rect graphs = area.cut_top(std::clamp(area.height() * 0.39F, p.px(120), p.px(192)));
  area.cut_top(gap);
  const float w = (graphs.width() - 2 * gap) / 3;
  const std::int64_t now = source.now_ns();
  draw_throughput_graph(p, graphs.cut_left(w), source, digest_, now);
  graphs.cut_left(gap);
  draw_bytes_graph(p, graphs.cut_left(w), source, digest_, now);
  graphs.cut_left(gap);
  draw_lag_graph(p, graphs, source, digest_, now);
  draw_table_and_findings(p, area, source);
}

void App::draw_table_and_findings(Painter& p, Rect area, TraceSource& source) {
  const float gap = p.px(10);
  const Rect findings =
      area.cut_right(std::clamp(area.width() * 0.318F, std::min(p.px(250), area.width() * 0.45F), p.px(420)));
  area.cut_right(gap);
  tracer::NameId selected = timeline_.selected();
  if (tables_.draw(p, area, source, digest_, selected))
    source.reset_callbacks();
  timeline_.select(selected);
  if (const tracer::Finding* clicked = draw_findings(p, findings, source, digest_))
    show(source, *clicked);
}

}  // namespace loopscope::gui

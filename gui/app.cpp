#include "gui/app.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "gui/budget_view.h"
#include "gui/findings_view.h"
#include "gui/graphs_view.h"
#include "gui/header_view.h"
#include "gui/why_view.h"
#include "tracer/cost_calibration.h"
#include "tracer/printable.h"

namespace loopscope::gui {

using tracer::Level;

namespace {

constexpr std::int64_t kDrainBudgetNs = 8'000'000;
constexpr float kPresenterScale = 24.0F / 14.0F;

}  // namespace

std::string App::attach(const std::string& path) {
  auto opened = tracer::Session::open(path);
  if (!opened.session) {
    message_ = opened.message;
    return opened.message;
  }
  source_.reset();  // its lease goes back before the next one is taken
  source_ = std::make_unique<TraceSource>(std::move(opened.session), options_.level);
  digest_ = {};
  digested_ns_ = -1;
  loop_view_ = {};
  timeline_ = {};
  paused_ = false;
  paused_at_ns_.reset();
  picker_open_ = false;
  picked_once_ = true;
  message_.clear();
  window_.set_title("loopscope · " + program_title(tracer::printable(source_->session().header().program)));
  return {};
}

void App::frame(double seconds, Image* capture) {
  for (const KeyPress& press : window_.take_keys()) handle_key(press);
  if (source_ == nullptr && !picked_once_)
    attach_to_the_only_one(seconds);
  if (source_ != nullptr)
    pump(seconds);

  const Point size = window_.size();
  if (size.x < 1 || size.y < 1)
    return;
  const float fit = std::clamp(std::min(size.x / 1600, size.y / 1000), 0.86F, 1.0F);
  const float monitor = window_.display_scale();
  const float scale = std::clamp((monitor > 1 ? monitor : fit) * options_.scale, 0.6F, 4.0F);
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

/// The loop has no part in it, and the app does not wait for it.
void App::calibrate() {
  if (calibration_.done)
    return;
  if (!calibrating_.valid())
    calibrating_ = std::async(std::launch::async, [] { return tracer::measure_recording_costs(); });
  if (calibrating_.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
    return;
  calibration_ = {true, calibrating_.get()};
  if (!paused_)
    digested_ns_ = -1;
}

void App::pump(double) {
  calibrate();
  const std::int64_t before = source_->model().last_event_ns();
  const std::int64_t keep = std::max<std::int64_t>(paused_at_ns_.value_or(source_->now_ns()), 0);
  source_->pump(kDrainBudgetNs, keep);
  quiet_ = source_->model().last_event_ns() == before;
  if (paused_)
    return;
  // Tasks are recorded one level up: asked for only while somebody looks at them.
  if (options_.level != Level::off) {
    const Level want = tables_.tab() == Tab::tasks ? std::max(options_.level, Level::tasks) : options_.level;
    if (want != source_->wanted_level())
      source_->want_level(want);
  }
  if (digested_ns_ < 0 || std::llabs(source_->now_ns() - digested_ns_) >= kDigestNs ||
      (source_->ended() && quiet_ && digest_.at_ns != source_->now_ns())) {
    digest_ = make_digest(*source_, calibration_);
    digested_ns_ = source_->now_ns();
  }
}

void App::attach_to_the_only_one(double seconds) {
  if (looked_for_sessions_ >= 0 && seconds - looked_for_sessions_ < 0.5)
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
  if (picker_open_ || source_ == nullptr) {
    picker_.key(press.key);
    return;
  }
  switch (press.key) {
    case Key::space:
      toggle_pause();
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
      if (paused_)
        toggle_pause();
      timeline_.follow();
      break;
    case Key::s:
    case Key::l:
      picker_open_ = true;
      picker_.refresh_soon();
      break;
    case Key::g:
      show_worst_finding();
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

void App::toggle_pause() {
  if (source_ == nullptr || source_->ended())
    return;
  paused_ = !paused_;
  if (paused_) {
    paused_at_ns_ = source_->now_ns();
    digest_ = make_digest(*source_, calibration_);
  } else {
    paused_at_ns_.reset();
    digested_ns_ = -1;
    timeline_.follow();
  }
}

bool App::show_worst_finding() {
  if (source_ == nullptr)
    return false;
  for (const tracer::Finding& finding : digest_.findings) {
    if (finding.begin_ns == 0)
      continue;
    show(finding);
    return true;
  }
  return false;
}

void App::show(tracer::Finding finding) {
  if (!paused_ && !source_->ended()) {
    const Digest shown = digest_;
    toggle_pause();
    digest_ = shown;  // the finding that was clicked stays where it was
  }
  timeline_.show(finding.begin_ns, finding.end_ns);
  timeline_.select(finding.name);
}

void App::draw(Painter& painter, const Rect& window, double seconds) {
  if (source_ == nullptr) {
    if (const auto path = picker_.draw(painter, window, false, message_, seconds))
      attach(*path);
    static_cast<void>(picker_.take_dismissed());  // there is nothing to go back to
    return;
  }
  if (!picker_open_) {
    draw_screen(painter, window, seconds);
    return;
  }
  Painter below(painter);
  below.block_pointer();
  draw_screen(below, window, seconds);
  painter.into_overlay();
  const auto path = picker_.draw(painter, window, true, message_, seconds);
  painter.into_overlay();
  if (picker_.take_dismissed())
    picker_open_ = false;
  if (path)
    attach(*path);
}

void App::draw_screen(Painter& p, Rect window, double seconds) {
  const HeaderState state{paused_, timeline_.following()};
  switch (draw_header(p, window.cut_top(p.px(52)), *source_, digest_, state)) {
    case HeaderAction::toggle_pause:
      toggle_pause();
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
  const bool compact = body.height() < p.px(640);  // a small window, or text for the last row of a lecture hall
  Rect left =
      body.cut_left(std::clamp(body.width() * (compact ? 0.29F : 0.257F), p.px(compact ? 270 : 300), p.px(420)));
  body.cut_left(gap);
  const float upper = left.height() * (compact ? 0.56F : 0.452F);
  const bool frozen = paused_ || source_->ended();
  loop_view_.draw(p, left.cut_top(compact ? left.height() * 0.48F : upper), *source_, digest_, frozen, seconds);
  left.cut_top(gap);
  draw_why(p, left.cut_top(std::clamp(left.height() * 0.345F, p.px(134), p.px(180))), digest_);
  left.cut_top(gap);
  draw_budget(p, left, digest_);

  timeline_.draw(p, body.cut_top(upper), *source_, paused_at_ns_);
  body.cut_top(gap);
  if (compact) {
    draw_compact(p, body);
  } else {
    draw_right(p, body);
  }
}

/// Where there is no room for all graphs: the one that tells most.
void App::draw_compact(Painter& p, Rect area) {
  draw_lag_graph(p, area.cut_left(area.width() * 0.27F), *source_, digest_, view_now_ns());
  area.cut_left(p.px(10));
  draw_table_and_findings(p, area);
}

void App::draw_right(Painter& p, Rect area) {
  const float gap = p.px(10);
  Rect graphs = area.cut_top(std::clamp(area.height() * 0.39F, p.px(120), p.px(192)));
  area.cut_top(gap);
  const float w = (graphs.width() - 2 * gap) / 3;
  const std::int64_t now = view_now_ns();
  draw_throughput_graph(p, graphs.cut_left(w), *source_, digest_, now);
  graphs.cut_left(gap);
  draw_bytes_graph(p, graphs.cut_left(w), *source_, digest_, now);
  graphs.cut_left(gap);
  draw_lag_graph(p, graphs, *source_, digest_, now);
  draw_table_and_findings(p, area);
}

void App::draw_table_and_findings(Painter& p, Rect area) {
  const float gap = p.px(10);
  const Rect findings =
      area.cut_right(std::clamp(area.width() * 0.318F, std::min(p.px(250), area.width() * 0.45F), p.px(420)));
  area.cut_right(gap);
  tracer::NameId selected = timeline_.selected();
  if (tables_.draw(p, area, *source_, digest_, selected))
    source_->reset_callbacks();
  timeline_.select(selected);
  if (const tracer::Finding* clicked = draw_findings(p, findings, *source_, digest_))
    show(*clicked);
}

}  // namespace loopscope::gui

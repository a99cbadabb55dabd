#include "gui/screens/live.h"

#include <algorithm>

#include "gui/model/steady_findings.h"
#include "gui/views/budget_view.h"
#include "gui/views/graphs_view.h"
#include "gui/views/loop_view.h"
#include "gui/views/why_view.h"

namespace loopscope::gui {

using tracer::Level;

void LiveScreen::begin() {
  digest_ = {};
  timeline_ = {};
  findings_ = {};
}

void LiveScreen::calibrate(const Calibration& calibration) {
  calibration_ = calibration;
  digest_.expire();
}

bool LiveScreen::outdated(const TraceSource& source) const {
  return standing(source) != drawn_ || digest_.outdated(source);
}

Motion LiveScreen::motion(const TraceSource& source) const {
  if (source.held() || source.ended())
    return Motion::still;
  return source.events() == drawn_events_ ? Motion::idle : Motion::busy;
}

/// Follows the source: the level it wants, and the digest.
void LiveScreen::update(TraceSource& source) {
  drawn_ = standing(source);
  drawn_events_ = source.events();
  // Tasks need a higher level, so the app asks for it only while the Tasks tab is open.
  if (level_ != Level::off) {
    const Level want = tables_.tab() == Tab::tasks ? std::max(level_, Level::tasks) : level_;
    if (want != source.wanted_level())
      source.want_level(want);
  }
  digest_.refresh(source, calibration_);
}

void LiveScreen::obey(Command command, TraceSource& source) {
  switch (command) {
    case Command::toggle_pause:
      return toggle_pause(source);
    case Command::zoom_in:
      return timeline_.zoom(1.4);
    case Command::zoom_out:
      return timeline_.zoom(1 / 1.4);
    case Command::pan_back:
      return timeline_.pan(-0.12F);
    case Command::pan_back_far:
      return timeline_.pan(-0.5F);
    case Command::pan_on:
      return timeline_.pan(0.12F);
    case Command::pan_on_far:
      return timeline_.pan(0.5F);
    case Command::follow:
      return resume(source);
    case Command::reset:
      resume(source);
      return timeline_.reset();
    case Command::worst_finding:
      show_worst(source);
      return;
    case Command::next_tab:
      return tables_.next_tab();
    case Command::deselect:
      return timeline_.select(tracer::kNoName);
    default:
      return;
  }
}

/// Every card then shows the moment of the pause.
void LiveScreen::pause(TraceSource& source) {
  if (!source.held() && !source.ended())
    source.hold();
  digest_.refresh(source, calibration_);
}

void LiveScreen::resume(TraceSource& source) {
  source.let_go();
  timeline_.follow();
}

void LiveScreen::toggle_pause(TraceSource& source) {
  if (source.held())
    resume(source);
  else
    pause(source);
}

bool LiveScreen::show_worst(TraceSource& source) {
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

void LiveScreen::show(TraceSource& source, tracer::Finding finding) {
  pause(source);
  if (const tracer::Finding* now = same_finding(digest_->findings, finding))
    finding = *now;  // what holds the loop has grown since the click
  timeline_.show(finding.begin_ns, finding.end_ns);
  timeline_.select(finding.name);
}

HeaderAction LiveScreen::draw(Painter& p, Rect window, TraceSource& source) {
  update(source);
  HeaderAction action = draw_header(p, window.cut_top(p.px(52)), source, *digest_, source.held());
  if (action == HeaderAction::toggle_pause) {
    toggle_pause(source);
    action = HeaderAction::none;
  }
  Rect body = window.inset(p.px(12), p.px(11));
  const bool compact = body.height() < p.px(640);  // a small window, or very large text
  const float upper = body.height() * (compact ? 0.56F : 0.452F);
  const float width = std::clamp(body.width() * (compact ? 0.29F : 0.257F), p.px(compact ? 270 : 300), p.px(420));
  draw_left(p, body.cut_left(width), source, compact, upper);
  body.cut_left(p.px(10));
  timeline_.draw(p, body.cut_top(upper), source);
  body.cut_top(p.px(10));
  if (!compact) {
    draw_graphs(p, body.cut_top(std::clamp(body.height() * 0.39F, p.px(120), p.px(192))), source);
    body.cut_top(p.px(10));
  } else if (body.width() >= p.px(600)) {  // only the graph that tells most, and none in the smallest window
    draw_lag_graph(p, body.cut_left(body.width() * 0.27F), source, *digest_, source.now_ns());
    body.cut_left(p.px(10));
  }
  draw_table_and_findings(p, body, source);
  return action;
}

void LiveScreen::draw_left(Painter& p, Rect area, TraceSource& source, bool compact, float upper) {
  const float gap = p.px(10);
  draw_loop(p, area.cut_top(compact ? area.height() * 0.48F : upper), source, *digest_);
  area.cut_top(gap);
  draw_why(p, area.cut_top(std::clamp(area.height() * 0.345F, p.px(134), p.px(180))), *digest_);
  area.cut_top(gap);
  draw_budget(p, area, *digest_);
}

void LiveScreen::draw_graphs(Painter& p, Rect area, TraceSource& source) {
  const float gap = p.px(10);
  const float w = (area.width() - 2 * gap) / 3;
  const std::int64_t now = source.now_ns();
  draw_throughput_graph(p, area.cut_left(w), source, *digest_, now);
  area.cut_left(gap);
  draw_bytes_graph(p, area.cut_left(w), source, *digest_, now);
  area.cut_left(gap);
  draw_lag_graph(p, area, source, *digest_, now);
}

void LiveScreen::draw_table_and_findings(Painter& p, Rect area, TraceSource& source) {
  const Rect findings =
      area.cut_right(std::clamp(area.width() * 0.318F, std::min(p.px(250), area.width() * 0.45F), p.px(420)));
  area.cut_right(p.px(10));
  tracer::NameId selected = timeline_.selected();
  if (tables_.draw(p, area, source, *digest_, selected))
    source.reset_callbacks();
  timeline_.select(selected);
  if (const tracer::Finding* clicked = findings_.draw(p, findings, source, *digest_))
    show(source, *clicked);
}

}  // namespace loopscope::gui

#include "gui/model/wheel.h"

#include <algorithm>
#include <cctype>
#include <numeric>

#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::Level;
using tracer::Phase;
using tracer::Present;

namespace {

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

WheelWords poll_words(const Present& present, std::int64_t poll_ns) {
  if (present.poll_timeout_ms == 0)
    return {"POLL", "", "does not sleep", "no sleep"};
  const std::string slept = tracer::duration_text(std::max<std::int64_t>(poll_ns, 0));
  if (present.poll_timeout_ms < 0)
    return {"POLL", "", slept + ", no limit", slept};
  const std::string limit = tracer::timeout_text(present.poll_timeout_ms);
  const std::int64_t over_ns = poll_ns - std::int64_t{present.poll_timeout_ms} * 1'000'000;
  if (over_ns > 0)
    return {"POLL", "", tracer::duration_text(over_ns) + " over " + limit, slept};
  return {"POLL", "", slept + " of " + limit, slept};
}

}  // namespace

std::vector<Arc> wheel_arcs(const std::vector<double>& shares) {
  const std::size_t count = shares.size();
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  std::vector<double> sizes(count, count == 0 ? 0.0 : kFullTurn / static_cast<double>(count));
  std::vector<bool> widened(count, sum > 0);
  if (sum > 0) {
    // Widening one arc makes the others narrower, so repeat until no arc is too narrow.
    std::fill(widened.begin(), widened.end(), false);
    for (bool again = true; again;) {
      again = false;
      double rest = kFullTurn;
      double known = 0;
      for (std::size_t i = 0; i < count; ++i) {
        rest -= widened[i] ? kLeastArc : 0;
        known += widened[i] ? 0 : shares[i];
      }
      for (std::size_t i = 0; i < count; ++i) {
        sizes[i] = widened[i] ? kLeastArc : shares[i] / known * rest;
        if (!widened[i] && sizes[i] < kLeastArc) {
          widened[i] = true;
          again = true;
        }
      }
    }
  }
  std::vector<Arc> arcs;
  float angle = -kFullTurn / 4;
  for (std::size_t i = 0; i < count; ++i) {
    const float to = angle + static_cast<float>(sizes[i]);
    arcs.push_back({angle, to, widened[i]});
    angle = to;
  }
  return arcs;
}

float hand_angle(const Arc& arc, const Present& present, std::int64_t poll_ns) {
  float progress = 0.5F;
  if (present.phase == Phase::poll && present.poll_timeout_ms > 0)
    progress = static_cast<float>(poll_ns) / 1e6F / static_cast<float>(present.poll_timeout_ms);
  return arc.from + (arc.to - arc.from) * std::clamp(progress, 0.06F, 0.94F);
}

WheelWords wheel_words(const Present& present, std::int64_t poll_ns, Seen seen) {
  const bool ended = seen != Seen::now;
  const char* const when = seen == Seen::last ? "when last seen" : ended ? "when it ended" : "";
  if (present.level == Level::off)
    return {"NOT RECORDED", "", "tracing is off", "tracing is off"};
  if (present.phase == Phase::none) {
    const char* word = ended || present.running == 0 ? "NOT RUNNING" : "BETWEEN PHASES";
    return {word, "", when, ""};
  }
  WheelWords words{upper(tracer::phase_text(present.phase)), "", "", ""};
  if (present.phase == Phase::idle)  // "IDLE" in large letters would say the opposite of what happens
    words = {"READY QUEUE", "idle phase", "", ""};
  if (ended)
    words.detail = words.brief = when;
  else if (present.phase == Phase::poll)
    words = poll_words(present, poll_ns);
  return words;
}

std::vector<std::string> handles_wordings(std::size_t handles, bool all_known) {
  if (handles == 0 && !all_known)
    return {};
  const std::string brief =
      (all_known ? "" : "≥ ") + tracer::count_text(handles) + (handles == 1 ? " handle" : " handles");
  return {brief + " open", brief};
}

}  // namespace loopscope::gui

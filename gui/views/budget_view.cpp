#include "gui/views/budget_view.h"

#include <algorithm>

#include "gui/canvas/rows.h"
#include "gui/model/recording_words.h"
#include "gui/views/budget_plan.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::Activity;

namespace {

struct Kind {
  Activity activity;
  const char* label;
  const char* tip;
  bool always;
};

constexpr Kind kKinds[] = {
    {Activity::poll_asleep, "poll, asleep",
     "In the kernel, allowed to sleep, until the thread ran again. If it woke and had no CPU, that counts, too.",
     true},
    {Activity::poll_no_sleep, "poll, not sleeping",
     "Asking the kernel for events with timeout 0, without sleeping.", true},
    {Activity::poll_io, "poll, I/O callbacks", "Callbacks of sockets and watched descriptors.", true},
    {Activity::idle, "idle · ready queue", "Callbacks that call_soon() queued, and steps of tasks.", true},
    {Activity::timers, "timers", "Timers that were due.", true},
    {Activity::closing, "closing", "Closing callbacks of handles.", true},
    {Activity::check, "check", "From the end of poll to the next boundary: its end is inferred.", true},
    {Activity::pending, "pending", "libuv's deferred callbacks: this loop never causes any.", true},
    {Activity::prepare, "prepare", "The loop decides how long it may sleep.", true},
    {Activity::gil_wait, "GIL wait",
     "Awake after a poll, but another thread of the program held the GIL. A wait within a callback is not seen: "
     "it counts to the "
     "callback.",
     true},
    {Activity::between, "between phases", "The loop's own work, from one phase to the next.", false},
    {Activity::stopped, "not running", "run_forever() had returned.", false},
    {Activity::unknown, "not known",
     "Nothing was recorded: the trace had not begun, tracing was off, or events were lost.", false},
};

struct Line {
  Activity activity;
  std::string label;
  std::string tip;
  std::int64_t ns;
};

/// As many lines as fit. The last line sums up the smallest ones, so that nothing is left out.
std::vector<Line> lines_for(const Digest& digest, std::size_t fits) {
  std::vector<Line> lines;
  for (const Kind& kind : kKinds) {
    if (kind.always || digest.second.share(kind.activity) >= 0.0005)
      lines.push_back({kind.activity, kind.label, kind.tip, digest.second.times[kind.activity]});
  }
  if (lines.size() <= fits || fits == 0)
    return fits == 0 ? std::vector<Line>() : lines;
  Line others{Activity::between, "", "", 0};
  std::size_t count = 0;
  while (lines.size() >= fits) {
    const auto smallest = std::min_element(lines.begin(), lines.end(),
                                           [](const Line& left, const Line& right) { return left.ns < right.ns; });
    others.ns += smallest->ns;
    others.tip.append(others.tip.empty() ? "" : ", ").append(smallest->label);
    ++count;
    lines.erase(smallest);
  }
  others.label = std::to_string(count) + " others";
  lines.push_back(others);
  return lines;
}

/// The longest wording that fits.
std::string recording_label(const Painter& p, const Recording& recording, float room) {
  if (recording.state != Recording::State::known)
    return "recording";
  const std::string share = std::string("recording, estimated · ").append(recording_share_text(recording.share));
  const std::string rate = share + " · " + tracer::rate_text(recording.cost.events) + " events/s";
  if (p.width(Face::small, rate) <= room)
    return rate;
  return p.width(Face::small, share) <= room ? share : "recording, estimated";
}

/// A line of its own, because the thread may wait for a CPU during any activity.
void draw_cpu_wait(Painter& p, const Rect& row, const Digest& digest) {
  const Theme& theme = p.theme();
  const float y = row.centre().y + p.px(1);
  const auto& share = digest.cpu_wait_share;
  const std::string value =
      share ? std::string("~").append(tracer::duration_text(static_cast<std::int64_t>(*share * 1e9)))
            : "not known";
  p.text({row.x1, y}, Face::mono_small, share ? theme.text : theme.text_faint, value, Align::right);
  p.text_fit({row.x0, y}, Face::small, share ? theme.text : theme.text_dim, "of these: without a CPU, sampled",
             row.width() - p.width(Face::mono_small, value) - p.px(10));
  if (p.hovers(row))
    p.tooltip({"Waiting for a CPU", "The loop's thread was ready to run and had no CPU.",
               "The kernel counts this time, and the app reads the count many times a second. The times above "
               "include it, if phases are recorded."});
}

void draw_recording(Painter& p, const Rect& row, const Recording& recording) {
  const Theme& theme = p.theme();
  const float y = row.centre().y + p.px(1);
  const std::string value = recording_value(recording);
  const bool known = recording.state == Recording::State::known;
  p.text({row.x1, y}, Face::mono_small, known ? theme.text : theme.text_faint, value, Align::right);
  const float room = row.width() - p.width(Face::mono_small, value) - p.px(10);
  p.text_fit({row.x0, y}, Face::small, known ? theme.text : theme.text_dim, recording_label(p, recording, room),
             room);
  if (p.hovers(row))
    p.tooltip(recording_tip(recording));
}

}  // namespace

void draw_budget(Painter& p, const Rect& area, const Digest& digest) {
  const Theme& theme = p.theme();
  Rect inner = p.card(area, "Where the last second went");
  const float least = p.height(Face::small) * 1.35F;
  const float seam = p.px(4);
  const BudgetPlan plan = plan_budget(whole_rows(inner.height() - seam, least));
  const std::vector<Line> lines = lines_for(digest, plan.activities);
  const std::size_t rows = lines.size() + (plan.recording ? 1 : 0) + (plan.cpu_wait ? 1 : 0);
  if (rows == 0)
    return;
  const float step = std::min((inner.height() - seam) / static_cast<float>(rows), p.px(30));
  if (plan.recording)
    draw_recording(p, inner.cut_bottom(step), digest.recording);
  if (plan.cpu_wait)
    draw_cpu_wait(p, inner.cut_bottom(step), digest);
  if (plan.recording)
    p.line({inner.x0, inner.y1 - seam / 2}, {inner.x1, inner.y1 - seam / 2}, theme.line);
  const float label_width = std::min(p.px(142), inner.width() * 0.42F);
  const float value_width = p.width(Face::mono_small, "1 000 ms") + p.px(4);
  const bool all_known = digest.second.share(Activity::unknown) < 0.0005;
  for (const Line& line : lines) {
    const Rect row = inner.cut_top(step);
    const float y = row.centre().y;
    const auto ns = line.ns;
    const double share =
        static_cast<double>(ns) / static_cast<double>(std::max<std::int64_t>(digest.second.total_ns(), 1));
    p.text_fit({row.x0, y}, Face::small, share > 0 ? theme.text : theme.text_dim, line.label,
               label_width - p.px(6));
    const Rect bar{row.x0 + label_width, y - p.px(5), row.x1 - value_width - p.px(10), y + p.px(5)};
    if (bar.width() > p.px(16)) {
      p.fill(bar, theme.track, p.px(3));
      const float w = share > 0 ? std::max(static_cast<float>(share) * bar.width(), p.px(3)) : 0;
      const Rect filled{bar.x0, bar.y0, bar.x0 + std::min(w, bar.width()), bar.y1};
      if (w > 0)
        p.fill(filled, theme.activity(line.activity), p.px(3));
      if (line.activity == Activity::poll_asleep)
        p.hatch(filled.inset(p.px(1)), with_alpha(theme.card, 0.35F), p.px(5));
      if (line.activity == Activity::unknown)
        p.hatch(filled, theme.text_faint, p.px(4));
    }
    p.text({row.x1, y}, Face::mono_small, share > 0 ? theme.text_dim : theme.text_faint,
           ns > 0      ? tracer::duration_text(ns)
           : all_known ? "0"
                       : "–",
           Align::right);
    if (p.hovers(row))
      p.tooltip({line.label, line.tip,
                 ns == 0 && !all_known ? "none was seen, but part of the second is not known"
                                       : tracer::duration_text(ns) + " · " + tracer::percent_text(share)});
  }
}

}  // namespace loopscope::gui

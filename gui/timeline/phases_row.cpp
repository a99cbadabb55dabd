#include "gui/timeline/phases_row.h"

#include <algorithm>

#include "gui/timeline/folding.h"
#include "gui/timeline/timeline_words.h"
#include "tracer/analysis/why_timeout.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::Activity;
using tracer::duration_text;

namespace {

/// One mark for each activity of a run of narrow phases, stacked.
void stack(std::vector<Mark>& marks, Mark run, const tracer::ActivityTimes& times, bool folded) {
  if (!marks.empty() && run.x0 < marks.back().x1)
    run.x0 = std::min(marks.back().x1, run.x1);
  std::int64_t total = 0;
  for (const std::int64_t ns : times.ns) total += ns;
  float y = 0;
  for (std::size_t a = 0; a < tracer::kActivityCount; ++a) {
    if (times.ns[a] == 0)
      continue;
    Mark mark = run;
    mark.activity = static_cast<Activity>(a);
    mark.folded = folded;
    mark.count = times.slices[a];
    mark.total_ns = times.ns[a];
    mark.worst_ns = times.longest_ns[a];
    mark.y0 = y;
    y += static_cast<float>(times.ns[a]) / static_cast<float>(total);
    mark.y1 = std::min(y, 1.0F);
    marks.push_back(mark);
  }
}

}  // namespace

void PhasesRow::lay_out(const Scene& scene, const Rect& area) {
  const auto& phases = scene.model.phases();
  auto& marks = add_strip(scene, area, "Phases", phases.dropped_until_ns()).marks;
  fold(
      phases, scene.viewport,
      [&](std::uint64_t i) {
        Mark mark = place_slice(scene.viewport, phases[i].begin_ns, phases[i].end_ns, i);
        mark.activity = phases[i].activity;
        push(marks, mark);
        ++slices_;
      },
      [&](std::uint64_t from, std::uint64_t to) {
        const Mark run = place(scene.viewport, phases[from].begin_ns, phases[to - 1].end_ns);
        stack(marks, run, phases.summarise(from, to), to - from > 1);
        slices_ += to - from;
      });
  if (const auto& open = scene.model.open_phase())
    lay_open(marks, scene, open->begin_ns, open->activity);
}

void PhasesRow::draw(Painter& p, const TraceSource& /*source*/, tracer::NameId /*selected*/) const {
  const Theme& theme = p.theme();
  for (const Strip& strip : strips_) {
    for (const Mark& mark : strip.marks) {
      const Rect rect = rect_of(strip, mark);
      const bool asleep = mark.activity == Activity::poll_asleep;
      p.fill(rect, asleep ? mix(theme.card, theme.activity(mark.activity), theme.dark ? 0.55F : 0.6F)
                          : theme.activity(mark.activity));
      if (asleep && rect.width() > p.px(8))
        p.hatch(rect, with_alpha(theme.card, 0.28F), p.px(7));
    }
  }
}

Lines PhasesRow::describe(const TraceSource& source, std::size_t /*strip*/, const Mark& mark) const {
  Lines lines{tracer::activity_text(mark.activity), duration_text(mark.total_ns)};
  if (mark.folded) {
    lines[1] += " in " + count_of(mark.count, "slice", "slices");
    if (mark.count > 1)
      lines[1] += ", longest " + duration_text(mark.worst_ns);
    return lines;
  }
  if (mark.activity == Activity::check)
    lines.emplace_back("its end is inferred: libuv does not tell when check ends");
  if (tracer::phase_of(mark.activity) != tracer::Phase::poll || mark.open)
    return lines;
  const auto& polls = source.model().polls();
  const std::uint64_t i = polls.first_ending_after(mark.begin_ns);
  if (i < polls.last()) {
    lines.push_back("timeout " + tracer::timeout_text(polls[i].timeout_ms) + ": " +
                    tracer::reason_text(polls[i].reason));
    lines.push_back(count_of(polls[i].io_events, "I/O event", "I/O events"));
  }
  return lines;
}

}  // namespace loopscope::gui

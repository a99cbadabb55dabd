#include "gui/timeline/timeline_layout.h"

#include <algorithm>
#include <cmath>

#include "gui/timeline/ready_layout.h"

namespace loopscope::gui {

using tracer::Activity;
using tracer::CallbackSlice;
using tracer::Column;
using tracer::TaskTrack;
using tracer::TraceModel;

namespace {

/// Visits the slices of `column` that are in view: each wide one alone, narrow ones as runs [from, to).
template <typename Slice, typename Summary, std::uint64_t kChunk, typename Wide, typename Run>
void fold(const Column<Slice, Summary, kChunk>& column, const Viewport& viewport, Wide wide, Run run) {
  const auto cell = std::max<std::int64_t>(static_cast<std::int64_t>(viewport.ns_per_px() * kFoldPx), 1);
  std::uint64_t i = column.first_ending_after(viewport.begin_ns() - 1);
  while (i < column.last() && column[i].begin_ns < viewport.end_ns()) {
    if (column[i].end_ns - column[i].begin_ns >= cell) {
      wide(i++);
      continue;
    }
    const std::int64_t next_cell = (column[i].begin_ns / cell + 1) * cell;
    std::uint64_t end = column.first_beginning_at(std::min(next_cell, viewport.end_ns()), i + 1);
    // Slices of a row do not overlap, so only the last one that begins in a cell can be wider than the cell.
    if (column[end - 1].end_ns - column[end - 1].begin_ns >= cell)
      --end;
    run(i, end);
    i = end;
  }
}

float clamp_x(const Viewport& viewport, std::int64_t t_ns) {
  return std::clamp(viewport.to_x(t_ns), viewport.x0(), viewport.x1());
}

/// A mark within the viewport, at least one pixel wide.
Mark place(const Viewport& viewport, std::int64_t begin_ns, std::int64_t end_ns) {
  Mark mark;
  mark.begin_ns = begin_ns;
  mark.end_ns = end_ns;
  mark.x0 = clamp_x(viewport, begin_ns);
  mark.x1 = std::min(std::max(clamp_x(viewport, end_ns), mark.x0 + 1), viewport.x1());
  mark.x0 = std::min(mark.x0, mark.x1);
  return mark;
}

/// Marks that were widened to a pixel may overlap. The later one is then moved.
void push(std::vector<Mark>& marks, Mark mark) {
  if (!marks.empty() && mark.x0 < marks.back().x1) {
    mark.x0 = marks.back().x1;
    mark.x1 = std::max(mark.x1, mark.x0);
  }
  marks.push_back(mark);
}

/// For a column whose summary knows the longest slice.
template <typename Slice, typename Summary, std::uint64_t kChunk>
void lay_slices(Row& row, const Column<Slice, Summary, kChunk>& column, const Viewport& viewport,
                std::uint64_t& slices) {
  fold(
      column, viewport,
      [&](std::uint64_t i) {
        Mark mark = place(viewport, column[i].begin_ns, column[i].end_ns);
        mark.total_ns = mark.worst_ns = column[i].end_ns - column[i].begin_ns;
        mark.index = i;
        push(row.marks, mark);
        ++slices;
      },
      [&](std::uint64_t from, std::uint64_t to) {
        Mark mark = place(viewport, column[from].begin_ns, column[to - 1].end_ns);
        const tracer::Worst worst = column.summarise(from, to);
        mark.count = to - from;
        mark.worst_ns = worst.duration_ns;
        mark.index = worst.index;
        push(row.marks, mark);
        slices += to - from;
      });
}

void lay_open(Row& row, const Viewport& viewport, std::int64_t begin_ns, std::int64_t now_ns, Activity activity) {
  if (begin_ns >= viewport.end_ns() || now_ns <= viewport.begin_ns() || now_ns <= begin_ns)
    return;
  Mark mark = place(viewport, begin_ns, now_ns);
  mark.total_ns = mark.worst_ns = now_ns - begin_ns;
  mark.activity = activity;
  mark.open = true;
  push(row.marks, mark);
}

void lay_phases(Row& row, const TraceModel& model, const Viewport& viewport, std::int64_t now_ns,
                std::uint64_t& slices) {
  const auto& column = model.phases();
  fold(
      column, viewport,
      [&](std::uint64_t i) {
        Mark mark = place(viewport, column[i].begin_ns, column[i].end_ns);
        mark.total_ns = mark.worst_ns = column[i].end_ns - column[i].begin_ns;
        mark.index = i;
        mark.activity = column[i].activity;
        push(row.marks, mark);
        ++slices;
      },
      [&](std::uint64_t from, std::uint64_t to) {
        Mark run = place(viewport, column[from].begin_ns, column[to - 1].end_ns);
        if (!row.marks.empty() && run.x0 < row.marks.back().x1)
          run.x0 = std::min(row.marks.back().x1, run.x1);
        const tracer::ActivityTimes times = column.summarise(from, to);
        std::int64_t total = 0;
        for (const std::int64_t ns : times.ns) total += ns;
        float y = 0;
        for (std::size_t a = 0; a < tracer::kActivityCount; ++a) {
          if (times.ns[a] == 0)
            continue;
          Mark mark = run;
          mark.activity = static_cast<Activity>(a);
          mark.folded = to - from > 1;
          mark.count = times.slices[a];
          mark.total_ns = times.ns[a];
          mark.worst_ns = times.longest_ns[a];
          mark.y0 = y;
          y += static_cast<float>(times.ns[a]) / static_cast<float>(total);
          mark.y1 = std::min(y, 1.0F);
          row.marks.push_back(mark);
        }
        slices += to - from;
      });
  if (model.open_phase())
    lay_open(row, viewport, model.open_phase()->begin_ns, now_ns, model.open_phase()->activity);
}

void lay_transfers(Row& row, const Column<tracer::TransferSlice, tracer::ByteSum>& column,
                   const Viewport& viewport) {
  const auto cell = std::max<std::int64_t>(static_cast<std::int64_t>(viewport.ns_per_px() * kFoldPx), 1);
  std::uint64_t i = column.first_beginning_at(viewport.begin_ns());
  while (i < column.last() && column[i].begin_ns < viewport.end_ns()) {
    const std::int64_t begin = column[i].begin_ns;
    const std::uint64_t end = column.first_beginning_at((begin / cell + 1) * cell, i + 1);
    Mark mark = place(viewport, begin, begin + cell);
    mark.end_ns = column[end - 1].end_ns;
    mark.count = end - i;
    mark.index = i;
    mark.bytes = column.summarise(i, end).bytes;
    // The height shows the amount: 64 B is a third of the row, and each factor of 16 adds a sixth.
    const float height = 0.33F + 0.042F * std::log2(std::max(static_cast<float>(mark.bytes) / 64.0F, 1.0F));
    mark.y0 = 1 - std::clamp(height, 0.33F, 1.0F);
    push(row.marks, mark);
    i = end;
  }
}

void lay_waits(Row& row, const Viewport& viewport) {
  constexpr std::size_t kMostLooks = 400;
  const auto& steps = row.track->steps;
  std::size_t looks = 0;
  for (const Mark& mark : row.marks) {
    if (mark.open || ++looks > kMostLooks)
      continue;
    const CallbackSlice& step = steps[mark.index];
    if (step.waited_ns() == 0)
      continue;
    const float x0 = clamp_x(viewport, step.ready_ns);
    const float x1 = clamp_x(viewport, step.begin_ns);
    if (x1 - x0 >= 2 * kFoldPx)
      row.waits.push_back({x0, x1, step.waited_ns(), mark.index});
  }
}

/// One row for each task if all of them fit, else one for each coroutine.
std::vector<const TaskTrack*> choose_tracks(const TraceModel& model, const Viewport& viewport, std::size_t most) {
  std::vector<const TaskTrack*> tracks;
  const auto consider = [&](const TaskTrack& track) {
    const bool ran = !track.steps.empty() && track.steps.back().end_ns >= viewport.begin_ns() - 10'000'000'000;
    if (ran || model.open_step(track) != nullptr)
      tracks.push_back(&track);
  };
  for (const auto& [object, track] : model.tasks()) consider(track);
  if (tracks.empty() || tracks.size() > most) {
    tracks.clear();
    for (const auto& [name, track] : model.coroutines()) consider(track);
  }
  // The tracks that ran for longest stay. Their totals change slowly, so rows do not change from frame to frame.
  std::sort(tracks.begin(), tracks.end(), [](const TaskTrack* left, const TaskTrack* right) {
    if (left->run_total_ns != right->run_total_ns)
      return left->run_total_ns > right->run_total_ns;
    return left->object < right->object;
  });
  if (tracks.size() > most)
    tracks.resize(most);
  std::sort(tracks.begin(), tracks.end(), [](const TaskTrack* left, const TaskTrack* right) {
    return left->name != right->name ? left->name < right->name : left->object < right->object;
  });
  return tracks;
}

/// How the height is divided: first the rows that are always there, then tasks. The rest goes to the rows that show
/// most.
struct Plan {
  float space, iterations, phases, callbacks, task, bytes, gil, ready;
  std::vector<const TaskTrack*> tracks;
};

Plan plan_rows(const TraceModel& model, const Viewport& viewport, const TimelineRequest& request) {
  const float unit = request.unit;
  Plan plan{unit * 0.3F, unit * 0.95F, unit * 1.55F, unit * 1.55F, 0, 0, 0, unit * 1.7F, {}};
  float rest =
      request.area.height() - plan.iterations - plan.phases - plan.callbacks - plan.ready - 4 * plan.space;
  const auto take = [&](float height, float keep) {
    if (rest - height < keep)
      return 0.0F;
    rest -= height + plan.space;
    return height;
  };
  plan.gil = take(unit * 0.85F, unit * 2);
  plan.bytes = take(unit * 1.8F, unit * 3);
  const auto most = static_cast<std::size_t>(std::max(rest / (unit * 0.95F), 0.0F));
  plan.tracks = choose_tracks(model, viewport, std::min(most, request.task_rows));
  const auto tasks = static_cast<float>(std::max<std::size_t>(plan.tracks.size(), 1));
  plan.task = std::clamp(rest / tasks, 0.0F, unit * 1.3F);
  const float spare = std::max(rest - tasks * plan.task, 0.0F);
  plan.phases += std::min(spare * 0.25F, unit);
  plan.callbacks += std::min(spare * 0.25F, unit);
  plan.ready += std::min(spare * 0.5F, unit * 4);
  return plan;
}

}  // namespace

TimelineLayout lay_out(const TraceModel& model, const Viewport& viewport, const TimelineRequest& request) {
  TimelineLayout layout;
  const Plan plan = plan_rows(model, viewport, request);
  Rect rest = request.area;
  const auto add = [&](RowKind kind, const char* label, const Rect& area, std::int64_t dropped_until_ns) -> Row& {
    layout.rows.push_back({kind, label, area, {}, {}, nullptr, {}, {}, 0, 0, area.x0});
    if (dropped_until_ns > 0)
      layout.rows.back().kept_x = clamp_x(viewport, dropped_until_ns);
    return layout.rows.back();
  };
  const auto add_row = [&](RowKind kind, const char* label, float height, const auto& column) -> Row& {
    return add(kind, label, rest.cut_top(height), column.dropped_until_ns());
  };

  Row& iterations = add_row(RowKind::iterations, "Iterations", plan.iterations, model.iterations());
  lay_slices(iterations, model.iterations(), viewport, layout.slices);
  if (model.open_iteration())
    lay_open(iterations, viewport, model.open_iteration()->begin_ns, request.now_ns, Activity::unknown);
  rest.cut_top(plan.space);

  lay_phases(add_row(RowKind::phases, "Phases", plan.phases, model.phases()), model, viewport, request.now_ns,
             layout.slices);
  rest.cut_top(plan.space);

  Row& callbacks = add_row(RowKind::callbacks, "Callbacks", plan.callbacks, model.callbacks());
  lay_slices(callbacks, model.callbacks(), viewport, layout.slices);
  if (!model.open_callbacks().empty())
    lay_open(callbacks, viewport, model.open_callbacks().front().begin_ns, request.now_ns, Activity::unknown);
  rest.cut_top(plan.space);

  for (const TaskTrack* track : plan.tracks) {
    Row& row = add_row(RowKind::task, "", plan.task, track->steps);
    row.track = track;
    lay_slices(row, track->steps, viewport, layout.slices);
    if (const CallbackSlice* open = model.open_step(*track))
      lay_open(row, viewport, open->begin_ns, request.now_ns, Activity::unknown);
    lay_waits(row, viewport);
  }

  // These rows are laid out from the bottom, so that a lack of room shows in the middle and not at the end.
  const auto add_from_bottom = [&](RowKind kind, const char* label, float height, const auto& column) -> Row& {
    return add(kind, label, rest.cut_bottom(height), column.dropped_until_ns());
  };
  lay_ready(add_from_bottom(RowKind::ready, "Ready queue", plan.ready, model.ready_depths()), model, viewport,
            request);
  rest.cut_bottom(plan.space);
  if (plan.gil > 0) {
    lay_slices(add_from_bottom(RowKind::gil_wait, "GIL wait", plan.gil, model.gil_waits()), model.gil_waits(),
               viewport, layout.slices);
    rest.cut_bottom(plan.space);
  }
  if (plan.bytes > 0) {
    lay_transfers(add_from_bottom(RowKind::writes, "Bytes out", plan.bytes * 0.47F, model.writes()),
                  model.writes(), viewport);
    rest.cut_bottom(plan.bytes * 0.06F);
    lay_transfers(add_from_bottom(RowKind::reads, "Bytes in", plan.bytes * 0.47F, model.reads()), model.reads(),
                  viewport);
  }

  for (const tracer::Gap& gap : model.gaps()) {
    if (gap.end_ns < viewport.begin_ns() || gap.begin_ns > viewport.end_ns())
      continue;
    const Mark mark = place(viewport, gap.begin_ns, gap.end_ns);
    layout.gaps.push_back({mark.x0, std::max(mark.x1, mark.x0 + 2), gap});
  }
  return layout;
}

const Mark* mark_at(const Row& row, Point p) {
  if (p.y < row.area.y0 || p.y >= row.area.y1)
    return nullptr;
  const float share = (p.y - row.area.y0) / std::max(row.area.height(), 1.0F);
  const Mark* nearest = nullptr;
  float best = 2.5F;
  for (const Mark& mark : row.marks) {
    if (row.kind == RowKind::phases && (share < mark.y0 || share > mark.y1))
      continue;
    const float distance = p.x < mark.x0 ? mark.x0 - p.x : p.x > mark.x1 ? p.x - mark.x1 : 0;
    if (distance < best) {
      best = distance;
      nearest = &mark;
    }
  }
  return nearest;
}

}  // namespace loopscope::gui

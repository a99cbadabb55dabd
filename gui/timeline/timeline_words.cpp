#include "gui/timeline/timeline_words.h"

#include <algorithm>
#include <cmath>

#include "tracer/analysis/blame.h"
#include "tracer/analysis/why_timeout.h"
#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::Activity;
using tracer::callable_text;
using tracer::CallbackSlice;
using tracer::duration_text;

namespace {

using Lines = std::vector<std::string>;

Lines describe_iteration(const TraceSource& source, const Mark& mark) {
  if (mark.open)
    return {"this iteration", duration_text(mark.worst_ns)};
  if (mark.count > 1)
    return {tracer::count_text(mark.count) + " iterations", "longest " + duration_text(mark.worst_ns)};
  const auto number = source.model().iterations()[mark.index].number;
  return {"iteration " + tracer::count_text(number), duration_text(mark.worst_ns)};
}

Lines describe_phase(const TraceSource& source, const Mark& mark) {
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

Lines describe_callback(const TraceSource& source, const Row& row, const Mark& mark) {
  const CallbackSlice slice = slice_of(source, row, mark);
  const tracer::Name name = source.name(slice.name);
  Lines lines{callable_text(name, slice.kind)};
  if (!name.file.empty())
    lines.push_back(tracer::full_place_text(name));
  lines.push_back(std::string(tracer::kind_text(slice.kind)) + " · " + (mark.open ? "running for " : "ran ") +
                  duration_text(slice.duration_ns()));
  if (slice.waited_ns() > 0) {
    std::string waited = "waited " + duration_text(slice.waited_ns());
    if (const auto culprit = tracer::blame(source.model(), slice); culprit && culprit->share_ns > 1000) {
      waited += ", " + duration_text(culprit->share_ns) + " of it behind " +
                callable_text(source.name(culprit->culprit.name), culprit->culprit.kind);
    }
    lines.push_back(waited);
  }
  if (mark.count > 1)
    lines.push_back("longest of " + tracer::count_text(mark.count) + " in this mark");
  return lines;
}

}  // namespace

CallbackSlice slice_of(const TraceSource& source, const Row& row, const Mark& mark) {
  if (!mark.open)
    return row.track != nullptr ? row.track->steps[mark.index] : source.model().callbacks()[mark.index];
  const CallbackSlice* step = row.track == nullptr ? nullptr : source.model().open_step(*row.track);
  CallbackSlice slice = step != nullptr ? *step : source.model().open_callbacks().front();
  slice.end_ns = slice.begin_ns + mark.worst_ns;
  return slice;
}

std::string count_of(std::uint64_t count, const char* one, const char* many) {
  return tracer::count_text(count) + " " + (count == 1 ? one : many);
}

std::string describe_gap(const tracer::Gap& gap) {
  switch (gap.reason) {
    case tracer::GapReason::lost:
      return count_of(gap.events, "event lost", "events lost");
    case tracer::GapReason::not_recorded:
      return "not recorded";
    case tracer::GapReason::clock_jumped:
      return tracer::jump_text(gap.clock_ns);
    case tracer::GapReason::wrong_times:
      return count_of(gap.events, "event has", "events have") + " an impossible time";
  }
  return {};
}

bool needs_callbacks(RowKind kind) {
  return kind == RowKind::callbacks || kind == RowKind::task || kind == RowKind::reads || kind == RowKind::writes;
}

std::string not_recorded_text(tracer::Level level) {
  if (level >= tracer::Level::callbacks)
    return {};
  if (level == tracer::Level::off)
    return "Nothing is recorded at level off.";
  return std::string("Single callbacks, tasks and transfers are not recorded at level ") +
         tracer::level_text(level) + ". The graphs count callbacks and bytes.";
}

std::string describe_depth(const Row& row, float x) {
  const auto last = static_cast<float>(row.depths.size() - 1);
  const auto i = static_cast<std::size_t>(std::clamp(x - row.area.x0, 0.0F, last));
  if (row.depths[i] == kNotKnown)
    return "it is not known how many callbacks are ready";
  return count_of(static_cast<std::uint64_t>(row.depths[i]), "callback ready", "callbacks ready");
}

Lines describe(const TraceSource& source, const Row& row, const Mark& mark) {
  switch (row.kind) {
    case RowKind::iterations:
      return describe_iteration(source, mark);
    case RowKind::phases:
      return describe_phase(source, mark);
    case RowKind::callbacks:
    case RowKind::task:
      return describe_callback(source, row, mark);
    case RowKind::reads:
    case RowKind::writes: {
      const std::string bytes = tracer::bytes_text(static_cast<double>(mark.bytes));
      return {bytes + (row.kind == RowKind::reads ? " read" : " written"), count_of(mark.count, "call", "calls")};
    }
    case RowKind::gil_wait: {
      Lines lines{"waited " + duration_text(mark.worst_ns) + " for the GIL after a poll"};
      if (mark.count > 1)
        lines.push_back("longest of " + tracer::count_text(mark.count) + " in this mark");
      lines.emplace_back("waits within callbacks are not seen: they count to the callback");
      return lines;
    }
    case RowKind::ready:
      break;
  }
  return {};
}

}  // namespace loopscope::gui

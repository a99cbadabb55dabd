#pragma once
/// What a mark of the timeline says when it is pointed at. Pure. Thread: one. Errors: none.

#include <string>
#include <vector>

#include "gui/timeline_layout.h"
#include "gui/trace_source.h"

namespace loopscope::gui {

/// The slice that a mark of a callbacks or tasks row stands for: its own, or the longest that was folded.
tracer::CallbackSlice slice_of(const TraceSource& source, const Row& row, const Mark& mark);

/// The lines of its tooltip, the heading first.
std::vector<std::string> describe(const TraceSource& source, const Row& row, const Mark& mark);

/// How deep the ready queue was at a place of its row.
std::string describe_depth(const Row& row, float x);

/// "9 events lost", "not recorded", "The machine stood still for 10.0 s".
std::string describe_gap(const tracer::Gap& gap);

/// Rows that say nothing below Level::callbacks.
bool needs_callbacks(RowKind kind);
/// "Callbacks, tasks and bytes are not recorded at level phases."; empty for a level that records them.
std::string not_recorded_text(tracer::Level level);

/// "1 step", "12 steps".
std::string count_of(std::uint64_t count, const char* one, const char* many);

}  // namespace loopscope::gui

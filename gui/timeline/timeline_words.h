#pragma once
/// The words of the timeline, for marks under the mouse and for gaps. Pure. Thread: one. Errors: none.

#include <string>
#include <vector>

#include "gui/model/trace_source.h"
#include "gui/timeline/timeline_layout.h"

namespace loopscope::gui {

/// The slice of a mark in a callbacks or tasks row; of a folded mark, the longest slice.
tracer::CallbackSlice slice_of(const TraceSource& source, const Row& row, const Mark& mark);

/// The lines of a mark's tooltip. The first line is the heading.
std::vector<std::string> describe(const TraceSource& source, const Row& row, const Mark& mark);

/// The depth of the ready queue at `x` in its row, as words.
std::string describe_depth(const Row& row, float x);

/// "9 events lost", "not recorded", "The machine stood still for 10.0 s".
std::string describe_gap(const tracer::Gap& gap);

/// True for rows that have no data below Level::callbacks.
bool needs_callbacks(RowKind kind);
/// "Single callbacks … are not recorded at level phases …"; empty for a level that records them.
std::string not_recorded_text(tracer::Level level);

/// "1 step", "12 steps".
std::string count_of(std::uint64_t count, const char* one, const char* many);

}  // namespace loopscope::gui

#pragma once
/// The words above the tables, in their cells, and in place of missing rows. Pure. Thread: any. Errors: none.

#include <cstdint>
#include <string>

#include "gui/model/digest.h"
#include "gui/model/handle_traffic.h"
#include "tracer/format.h"

namespace loopscope::gui {

/// Why a table has no rows: "Callbacks are not recorded at level phases.", or `none_yet` if the level records them. `plural` is
/// "Callbacks".
std::string empty_table_text(const char* plural, tracer::Level level, tracer::Level needed, const char* none_yet);

/// For how long the callback table has counted, or that it does not count at this level.
std::string counting_text(std::int64_t counted_ns, tracer::Level level);

/// "512 of 3 204 alive", and which tasks the table cannot know. Empty if it has all live tasks. `shown` are the lines that are
/// known to live, `alive` those that the trace follows.
std::string tasks_shown_text(std::uint64_t shown, std::uint64_t alive, TasksKnown known);

/// The number beside a tab: "13"; "≥ 13" if there may be more; empty in place of 0 then.
std::string tab_count_text(std::uint64_t count, bool all_known);

/// "4.1 MB"; "≥ 4.1 MB" if there may have been more; "–" if nothing is known. `now` is the level in force.
std::string traffic_text(const HandleTraffic* handle, std::uint64_t bytes, tracer::Level now);
/// "12.0 ms ago".
std::string last_active_text(const HandleTraffic* handle, std::int64_t now_ns, tracer::Level now);

}  // namespace loopscope::gui

#include "gui/model/table_words.h"

#include <algorithm>

#include "tracer/analysis/wording.h"

namespace loopscope::gui {

using tracer::Level;

std::string empty_table_text(const char* plural, Level level, Level needed, const char* none_yet) {
  if (level >= needed)
    return none_yet;
  return std::string(plural) + " are not recorded at level " + tracer::level_text(level) + ".";
}

std::string counting_text(std::int64_t counted_ns, Level level) {
  if (level < Level::callbacks)
    return std::string("not counting at level ") + tracer::level_text(level);
  return "counted for " + tracer::duration_text(counted_ns);
}

std::string tasks_shown_text(std::uint64_t shown, std::uint64_t alive, TasksKnown known) {
  if (known == TasksKnown::by_steps)
    return "tasks without a step in the last minute are missing";
  std::string text;
  if (shown < alive)
    text = tracer::count_text(shown) + " of " + tracer::count_text(alive) + " alive";
  if (known == TasksKnown::since_level)
    text.append(text.empty() ? "" : " · ").append("tasks without a step at this level are missing");
  return text;
}

std::string tab_count_text(std::uint64_t count, bool all_known) {
  if (count == 0 && !all_known)
    return {};
  return (all_known ? "" : "≥ ") + tracer::count_text(count);
}

std::string traffic_text(const HandleTraffic* handle, std::uint64_t bytes, Level now) {
  if (handle == nullptr || now < Level::callbacks || (bytes == 0 && !handle->complete))
    return "–";
  return std::string(handle->complete ? "" : "≥ ").append(tracer::bytes_text(static_cast<double>(bytes)));
}

std::string last_active_text(const HandleTraffic* handle, std::int64_t now_ns, Level now) {
  if (handle == nullptr || now < Level::callbacks || handle->last_ns == 0)
    return "–";
  return tracer::duration_text(std::max<std::int64_t>(now_ns - handle->last_ns, 0)) + " ago";
}

}  // namespace loopscope::gui

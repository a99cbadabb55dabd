#include "gui/timeline/timeline_words.h"

#include "tracer/analysis/wording.h"

namespace loopscope::gui {

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

std::string not_recorded_text(tracer::Level level) {
  if (level >= tracer::Level::callbacks)
    return {};
  if (level == tracer::Level::off)
    return "Nothing is recorded at level off.";
  return std::string("Single callbacks, tasks and transfers are not recorded at level ") +
         tracer::level_text(level) + ". The graphs count callbacks and bytes.";
}

}  // namespace loopscope::gui

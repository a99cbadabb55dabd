#include "gui/model/level_words.h"

#include "tracer/analysis/wording.h"

namespace loopscope::gui {

namespace {

using tracer::level_text;

LevelWords refused_words(const TraceSource& source) {
  const bool taken = source.lease() == tracer::LeaseState::all_taken;
  const std::string wanted = level_text(source.wanted_level());
  const std::string why = taken ? "All " + std::to_string(tracer::kLeaseCount) +
                                      " places for viewers are taken. Close another viewer of this program."
                                : "The session cannot be written, or another viewer keeps it locked.";
  return {taken ? "level · no place free" : "level · cannot be raised",
          level_text(source.level()),
          {"The app cannot ask the program for " + wanted, why, "It tries again twice a second."},
          LevelWords::Tone::refused};
}

}  // namespace

LevelWords level_words(const TraceSource& source) {
  const std::string level = level_text(source.level());
  if (source.level_refused())
    return refused_words(source);
  if (const auto own = source.raised_from()) {
    const std::string label = "level · raised by app";
    return {label,
            level + " ↑",
            {label,
             std::string("This app raised it from ") + level_text(*own) + ". It goes back when the app detaches."},
            LevelWords::Tone::raised};
  }
  const std::string label = "tracing level";
  if (source.level_pending()) {
    return {label,
            level + " …",
            {label, std::string("This app asked for ") + level_text(source.wanted_level()) +
                        ". The program raises its level in its next iteration."},
            LevelWords::Tone::plain};
  }
  return {label, level, {label, "How much the program records."}, LevelWords::Tone::plain};
}

}  // namespace loopscope::gui

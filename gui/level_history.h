#pragma once
/// At which level a program recorded when, so that what was not recorded can be told from what did not happen.
///
/// Known from `level_changed` events, from the level in force now, and from the level that was in force at the first set_now().
/// What lies before a change that is older than that is not known.
/// Thread: one. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <optional>
#include <vector>

#include "tracer/trace_event.h"

namespace loopscope::gui {

/// A stretch of time with less than was asked for.
struct BelowLevel {
  std::int64_t begin_ns;
  std::int64_t end_ns;
  tracer::Level level;  ///< the one in force
};

class LevelHistory {
 public:
  void add(const tracer::TraceEvent& event);
  /// The level in force at `t_ns`, as the program says itself. If it goes on to say another one than the latest event, then
  /// that event's successor was lost, and the level holds from here on.
  void set_now(tracer::Level level, std::int64_t t_ns);
  [[nodiscard]] tracer::Level now() const { return now_; }

  /// Where within [begin_ns, end_ns) less than `needed` was recorded, oldest first. What is not known is not in it.
  [[nodiscard]] std::vector<BelowLevel> below(tracer::Level needed, std::int64_t begin_ns,
                                              std::int64_t end_ns) const;

 private:
  struct Change {
    std::int64_t t_ns;
    tracer::Level level;
  };
  void change(std::int64_t t_ns, tracer::Level level);
  static constexpr std::size_t kMostChanges = 1024;
  std::vector<Change> changes_;
  std::optional<Change> found_;  ///< at the first set_now(), while changes_ goes back that far
  bool looked_ = false;
  tracer::Level now_ = tracer::Level::off;
};

}  // namespace loopscope::gui

#pragma once
/// The level at which a program recorded at each time. It tells apart what was not recorded and what did not happen.
///
/// It comes from `level_changed` events, from the level in force now, and from the level in force at the first set_now(). The
/// level before the first event is known only if that event came after the first set_now().
/// Thread: one. Errors: none. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>
#include <optional>
#include <vector>

#include "tracer/read/trace_event.h"

namespace loopscope::gui {

/// A stretch of time at a lower level than the one asked about.
struct BelowLevel {
  std::int64_t begin_ns;
  std::int64_t end_ns;
  tracer::Level level;  ///< the level in force
};

class LevelHistory {
 public:
  void add(const tracer::TraceEvent& event);
  /// The level in force at `t_ns`, from the program's present. If two calls in a row say the same level, and the latest event says
  /// another one, then a later event was lost. The level then counts from `t_ns` on.
  void set_now(tracer::Level level, std::int64_t t_ns);
  [[nodiscard]] tracer::Level now() const { return now_; }

  /// The stretches within [begin_ns, end_ns) whose level was below `needed`, oldest first. Times of unknown level are left out.
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
  std::optional<Change> found_;  ///< at the first set_now(); empty once changes_ no longer goes back that far
  bool looked_ = false;
  tracer::Level now_ = tracer::Level::off;
};

}  // namespace loopscope::gui

#pragma once
/// Everything that viewers do with a session, without a screen: exports, model, statistics, findings, digest,
/// timeline, axis, graphs.

#include <cstdint>
#include <memory>

#include "tracer/read/session.h"

namespace loopscope::testing {

/// What was made of a session. A viewer that does nothing would pass every test of its safety.
struct Looked {
  std::uint64_t bytes = 0;   ///< of the exports
  std::uint64_t marks = 0;   ///< of the timeline
  std::uint64_t ticks = 0;   ///< of the axis
  std::uint64_t points = 0;  ///< of the graphs
};

/// `where` picks the stretches of time that are looked at.
Looked look_at(std::unique_ptr<tracer::Session> session, std::uint64_t where);

}  // namespace loopscope::testing

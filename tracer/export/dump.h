#pragma once
/// A session as text for people: who, what is now, totals, then every event that the ring holds.
///
/// Thread: one. Owner: of nothing. Errors: those of the stream. Times are ms since the session was created; what
/// nobody observed is marked `~`; a legend before the events says both. What the level leaves out is said to be not
/// recorded, and never printed as 0. Stable enough to be what tests compare with.

#include <ostream>

#include "tracer/read/event_source.h"

namespace loopscope::tracer {

struct DumpOptions {
  bool facts = true;  ///< the paragraphs before the events
  bool events = true;
};
void write_dump(const EventSource& source, std::ostream& out, const DumpOptions& options = {});

}  // namespace loopscope::tracer

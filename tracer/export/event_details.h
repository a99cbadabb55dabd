#pragma once
/// What an event says, as text for people.
/// Thread: one. Errors: none; what is not known is said to be so. What comes from the session is escaped (tracer/read/printable.h).

#include <cstdint>
#include <string>
#include <vector>

#include "tracer/read/session.h"
#include "tracer/read/trace_event.h"

namespace loopscope::tracer {

/// Duration with the unit that makes it readable.
std::string duration(std::int64_t ns);
/// "heartbeat chat.py:41".
std::string function(const Session& session, NameId id);
/// A frame and those above it, innermost first; at most kMostFrames.
std::vector<NameId> frames_of(const Session& session, NameId frame);
/// The same in words: "Lock.acquire locks.py:113 < worker shop.py:31".
std::string chain(const Session& session, NameId frame);
/// The event's own fields.
std::string event_details(const Session& session, const TraceEvent& event);

}  // namespace loopscope::tracer

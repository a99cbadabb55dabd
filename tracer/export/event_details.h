#pragma once
/// What an event says, as text for people.
/// Thread: one. Errors: none; what is not known is said to be so. What comes from the session is escaped (tracer/read/printable.h).

#include <cstdint>
#include <string>

#include "tracer/read/event_source.h"
#include "tracer/read/trace_event.h"

namespace loopscope::tracer {

/// Duration with the unit that makes it readable.
std::string duration(std::int64_t ns);
/// "heartbeat chat.py:41".
std::string function(const EventSource& source, NameId id, Track track = Track::loop);
/// A frame and those above it, innermost first: "Lock.acquire locks.py:113 < worker shop.py:31".
std::string chain(const EventSource& source, NameId frame, Track track = Track::loop);
/// The event's own fields.
std::string event_details(const EventSource& source, const TraceEvent& event);

}  // namespace loopscope::tracer

#pragma once
/// Once through everything that a session's ring holds now, decoded. What comes while walking is not waited for,
/// so that the walk ends. Thread: one. Errors: losses are told to `lost`, the ones from before the walk first.

#include "tracer/read/event_stream.h"
#include "tracer/read/session.h"

namespace loopscope::tracer {

template <typename OnEvent, typename OnLost>
void walk_trace(const Session& session, Boundaries boundaries, OnEvent&& on_event, OnLost&& on_lost) {
  EventStream stream(session, boundaries);
  const auto end = session.head();
  if (stream.cursor() > 0)
    on_lost(stream.cursor());
  while (stream.read(end)) {
    if (stream.lost() > 0)
      on_lost(stream.lost());
    for (const auto& event : stream.events()) on_event(event);
  }
}

}  // namespace loopscope::tracer

#pragma once
/// Once through everything that a trace holds now, decoded. What comes while walking is not waited for,
/// so that the walk ends. Thread: one. Errors: losses are told to `lost`, the ones from before the walk first.

#include "tracer/read/event_source.h"
#include "tracer/read/event_stream.h"

namespace loopscope::tracer {

template <typename OnEvent, typename OnLost>
void walk_trace(const EventSource& source, Boundaries boundaries, OnEvent&& on_event, OnLost&& on_lost) {
  EventStream stream(source, boundaries);
  const auto end = source.heads();
  if (stream.cursor() > 0)
    on_lost(stream.cursor());
  while (stream.read(end)) {
    if (stream.lost() > 0)
      on_lost(stream.lost());
    for (const auto& event : stream.events()) on_event(event);
  }
}

}  // namespace loopscope::tracer

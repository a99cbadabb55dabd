#pragma once
/// Once through everything that a session's ring holds now, decoded. What comes while walking is not waited for,
/// so that the walk ends. Thread: one. Errors: losses are told to `lost`, the ones from before the walk first.

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "tracer/read/ring_reader.h"
#include "tracer/read/session.h"
#include "tracer/read/trace_event.h"

namespace loopscope::tracer {

template <typename OnEvent, typename OnLost>
void walk_trace(const Session& session, Boundaries boundaries, OnEvent&& on_event, OnLost&& on_lost) {
  constexpr std::uint64_t kBatchEvents = 4096;
  RingReader reader(session);
  EventDecoder decoder(session, boundaries);
  const auto end = session.head();
  if (reader.cursor() > 0)
    on_lost(reader.cursor());

  RingReader::Batch batch;
  std::vector<TraceEvent> decoded;
  while (reader.cursor() < end && reader.read(batch, std::min(kBatchEvents, end - reader.cursor()))) {
    if (batch.lost > 0) {
      on_lost(batch.lost);
      decoder.skipped();
    }
    decoded.clear();
    auto position = batch.first_position;
    for (const auto& event : batch.events) decoder.decode(event, position++, decoded);
    for (const auto& event : decoded) on_event(event);
  }
}

}  // namespace loopscope::tracer

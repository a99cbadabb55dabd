#include "tracer/read/track_stream.h"

#include <algorithm>

namespace loopscope::tracer {

bool TrackStream::read(std::vector<TraceEvent>& out, std::uint64_t end) {
  read_nothing();
  const auto from = cursor_->cursor();
  const bool some = from < end && cursor_->read(batch_, std::min(kBatchEvents, end - from));
  caught_up_ = batch_.lost == 0 && batch_.events.size() < kBatchEvents;
  if (batch_.lost > 0)
    decoder_.skipped();
  auto position = batch_.first_position;
  for (const auto& event : batch_.events) decoder_.decode(event, position++, out);
  return some;
}

void TrackStream::read_nothing() {
  batch_.events.clear();
  batch_.lost = 0;
  caught_up_ = false;
}

}  // namespace loopscope::tracer

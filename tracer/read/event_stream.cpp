#include "tracer/read/event_stream.h"

#include <algorithm>

namespace loopscope::tracer {

bool EventStream::read(std::uint64_t end) {
  events_.clear();
  if (reader_.cursor() >= end || !reader_.read(batch_, std::min(kBatchEvents, end - reader_.cursor()))) {
    batch_.events.clear();
    batch_.lost = 0;
    return false;
  }
  if (batch_.lost > 0)
    decoder_.skipped();
  auto position = batch_.first_position;
  for (const auto& event : batch_.events) decoder_.decode(event, position++, events_);
  return true;
}

}  // namespace loopscope::tracer

#include "tracer/write/ring_writer.h"

namespace loopscope::tracer {

RingWriter::RingWriter(const PartMemory& ring, std::uint64_t* head) : head_(head), memory_(ring) {
  next_ = memory_.items<Event>() + position() % length();
  turn_ = end() - (memory_.whole() ? 0 : 1);
}

/// A ring that may still grow does so one event before its end: readers take one that is full for one that overwrites.
void RingWriter::turn() {
  const bool full = next_ == end();
  const bool grows = !full && memory_.grow() && !memory_.whole();
  if (full)
    next_ = memory_.items<Event>();
  turn_ = end() - (grows ? 1 : 0);
}

}  // namespace loopscope::tracer

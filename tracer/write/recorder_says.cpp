/// Verbs about what the program says of itself: marks and spans.

#include "tracer/write/recorder.h"

namespace loopscope::tracer {

void Recorder::mark(NameId text, NameId details, std::uint64_t task) {
  if (on())
    put({ticks(), EventType::mark, phase_, 0, 0, text, details, task});
}

std::uint64_t Recorder::span_begin(NameId text, NameId details) {
  if (!on())
    return 0;
  put({ticks(), EventType::span_begin, phase_, 0, 0, text, ++last_span_, details});
  return last_span_;
}

void Recorder::span_end(std::uint64_t id, NameId text) {
  if (id != 0 && on())
    put({ticks(), EventType::span_end, phase_, 0, 0, text, id, 0});
}

}  // namespace loopscope::tracer

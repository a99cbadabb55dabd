#include "tracer/read/event_stream.h"

#include <algorithm>

#include "tracer/read/trace_time.h"
#include "tracer/system/clock.h"

namespace loopscope::tracer {

EventStream::EventStream(const EventSource& source, Boundaries boundaries)
    : source_(source),
      lanes_{Lane(source, boundaries, Track::loop), Lane(source, Boundaries::observed, Track::watchdog)} {}

/// What is full already reads nothing.
bool EventStream::Lane::read(std::uint64_t end) {
  decoded.erase(decoded.begin(), decoded.begin() + static_cast<std::ptrdiff_t>(next));
  next = 0;
  if (decoded.size() < TrackStream::kBatchEvents)
    return stream.read(decoded, end);
  stream.read_nothing();
  return false;
}

bool EventStream::read(const TrackPositions& end) {
  // The loop's track is read last, so that it has all that came before the moment up to which the other is known.
  const bool grows = source_.may_grow() && end == kNoEnd;
  known_until_ns_ = grows ? bounded_ns(monotonic_ns()) : kLatestNs;
  bool some = false;
  for (std::size_t track = kTrackCount; track-- > 0;) some = lanes_[track].read(end[track]) || some;
  merge();
  return some || !events_.empty();
}

bool EventStream::may_go_on() const {
  return std::any_of(lanes_.begin(), lanes_.end(),
                     [](const Lane& lane) { return !lane.stream.caught_up() || !lane.empty(); });
}

/// Hands out the earliest of all lanes, as long as nothing earlier can come.
void EventStream::merge() {
  events_.clear();
  auto& loop = lanes_[0];
  auto& other = lanes_[1];
  if (other.stream.cursor() == 0 && loop.next == 0) {  // nobody writes the other track
    events_.swap(loop.decoded);
    return;
  }
  const auto known = [](const Lane& lane) { return !lane.empty() || lane.stream.caught_up(); };
  while (known(loop) && known(other) && !(loop.empty() && other.empty())) {
    auto& from = other.empty() || (!loop.empty() && loop.first().t_ns <= other.first().t_ns) ? loop : other;
    if (from.first().t_ns > known_until_ns_)
      break;
    events_.push_back(from.decoded[from.next++]);
  }
}

}  // namespace loopscope::tracer

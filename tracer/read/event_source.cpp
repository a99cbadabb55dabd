#include "tracer/read/event_source.h"

namespace loopscope::tracer {

TrackPositions EventSource::heads() const {
  TrackPositions heads{};
  for (std::size_t track = 0; track < kTrackCount; ++track) heads[track] = head(static_cast<Track>(track));
  return heads;
}

std::vector<NameId> EventSource::frames(NameId frame_id, Track track) const {
  std::vector<NameId> found;
  for (NameId at = frame_id; at != kNoName && found.size() < std::size_t{kMostFrames};
       at = frame(at, track).caller)
    found.push_back(at);
  return found;
}

}  // namespace loopscope::tracer

#pragma once
/// A trace's events, decoded, a batch at a time: those of all tracks (tracer/read/track_stream.h), merged by time.
///
///     loop      ──1────3─4────────6──→  ┐
///     watchdog  ────2───────5──────?─→  ┘ 1 2 3 4 5    6 waits until it is known what the watchdog's track has before it
///
/// All readers read through this: the exports, loopscope._trace and the app.
/// Thread: one per object. Owner: refers to an EventSource that outlives it. Errors: none; what was overwritten before it could
/// be copied is counted. A track whose writer tells of an instant late (it was interrupted between looking at the clock and
/// writing) is then behind the others by that much.

#include <array>
#include <cstdint>
#include <vector>

#include "tracer/read/event_source.h"
#include "tracer/read/trace_event.h"
#include "tracer/read/track_stream.h"

namespace loopscope::tracer {

class EventStream {
 public:
  explicit EventStream(const EventSource& source, Boundaries boundaries = Boundaries::observed);

  /// Reads the next batch, and nothing from the positions `end` on. False if there is nothing new and nothing lost.
  bool read(const TrackPositions& end = kNoEnd);
  /// Of the latest batch, in order of time.
  [[nodiscard]] const std::vector<TraceEvent>& events() const { return events_; }
  /// True if the latest batch may not have been all that there was.
  [[nodiscard]] bool may_go_on() const;

  // Of one track's events that were read for the latest batch. Some may wait for those of other tracks.

  /// How many were lost between the batch before and the latest.
  [[nodiscard]] std::uint64_t lost(Track track = Track::loop) const { return of(track).batch().lost; }
  /// How many there are, and the position of the first.
  [[nodiscard]] std::uint64_t count(Track track = Track::loop) const { return of(track).batch().events.size(); }
  [[nodiscard]] std::uint64_t first_position(Track track = Track::loop) const {
    return of(track).batch().first_position;
  }
  /// See TrackStream.
  [[nodiscard]] std::uint64_t cursor(Track track = Track::loop) const { return of(track).cursor(); }
  [[nodiscard]] std::uint64_t lost_total(Track track = Track::loop) const { return of(track).lost_total(); }

 private:
  struct Lane {
    Lane(const EventSource& source, Boundaries boundaries, Track track) : stream(source, boundaries, track) {}

    bool read(std::uint64_t end);
    [[nodiscard]] bool empty() const { return next == decoded.size(); }
    [[nodiscard]] const TraceEvent& first() const { return decoded[next]; }

    TrackStream stream;
    std::vector<TraceEvent> decoded;
    std::size_t next = 0;  ///< of decoded: what was not handed out yet
  };
  [[nodiscard]] const TrackStream& of(Track track) const { return lanes_[static_cast<std::size_t>(track)].stream; }
  void merge();

  const EventSource& source_;
  std::array<Lane, kTrackCount> lanes_;
  std::vector<TraceEvent> events_;
  std::int64_t known_until_ns_ = 0;  ///< no track gets an event before it any more
};

}  // namespace loopscope::tracer

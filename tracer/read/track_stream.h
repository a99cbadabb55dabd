#pragma once
/// One track's events, decoded, a batch at a time: follows the track, skips what was lost, and decodes the rest.
///
/// Thread: one per object. Owner: refers to an EventSource that outlives it. Errors: none; what was overwritten before it could
/// be copied is counted.

#include <cstdint>
#include <memory>
#include <vector>

#include "tracer/read/event_source.h"
#include "tracer/read/trace_event.h"

namespace loopscope::tracer {

class TrackStream {
 public:
  static constexpr std::uint64_t kBatchEvents = 4096;

  TrackStream(const EventSource& source, Boundaries boundaries, Track track)
      : cursor_(source.events(track)), decoder_(source, boundaries, track) {}

  /// Reads the next batch, nothing from position `end` on, and appends its events to `out`. False if there is nothing new and
  /// nothing lost.
  bool read(std::vector<TraceEvent>& out, std::uint64_t end = UINT64_MAX);
  /// Forgets the latest batch, as if nothing had been read.
  void read_nothing();

  /// The latest batch, as it was written. What it lost lies before its events.
  [[nodiscard]] const EventBatch& batch() const { return batch_; }
  /// The latest batch was all that there was.
  [[nodiscard]] bool caught_up() const { return caught_up_; }
  /// The position that is read next. Before the first batch: how many events the track had lost by then.
  [[nodiscard]] std::uint64_t cursor() const { return cursor_->cursor(); }
  [[nodiscard]] std::uint64_t lost_total() const { return cursor_->lost_total(); }

 private:
  std::unique_ptr<TrackCursor> cursor_;
  EventDecoder decoder_;
  EventBatch batch_;
  bool caught_up_ = false;
};

}  // namespace loopscope::tracer

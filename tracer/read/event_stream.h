#pragma once
/// A session's events, decoded, a batch at a time: follows the ring, skips what was lost, and decodes the rest.
///
/// All readers read through this: the exports, loopscope._trace and the app.
/// Thread: one per object. Owner: refers to a Session that outlives it. Errors: none; what was overwritten before it could be
/// copied is counted.

#include <cstdint>
#include <vector>

#include "tracer/read/ring_reader.h"
#include "tracer/read/trace_event.h"

namespace loopscope::tracer {

class Session;

class EventStream {
 public:
  static constexpr std::uint64_t kBatchEvents = 4096;

  explicit EventStream(const Session& session, Boundaries boundaries = Boundaries::observed)
      : reader_(session), decoder_(session, boundaries) {}

  /// Reads the next batch, and nothing from position `end` on. False if there is nothing new and nothing lost.
  bool read(std::uint64_t end = UINT64_MAX);
  /// Of the latest batch, in order.
  [[nodiscard]] const std::vector<TraceEvent>& events() const { return events_; }
  /// How many events of the ring were lost between the batch before and the latest.
  [[nodiscard]] std::uint64_t lost() const { return batch_.lost; }
  /// How many events of the ring the latest batch was made from, and the position of the first.
  [[nodiscard]] std::uint64_t count() const { return batch_.events.size(); }
  [[nodiscard]] std::uint64_t first_position() const { return batch_.first_position; }
  /// True if the latest batch may not have been all that there was.
  [[nodiscard]] bool may_go_on() const { return batch_.lost > 0 || batch_.events.size() == kBatchEvents; }

  /// The position that is read next. Before the first batch: how many events the ring had lost by then.
  [[nodiscard]] std::uint64_t cursor() const { return reader_.cursor(); }
  [[nodiscard]] std::uint64_t lost_total() const { return reader_.lost_total(); }

 private:
  RingReader reader_;
  EventDecoder decoder_;
  RingReader::Batch batch_;
  std::vector<TraceEvent> events_;
};

}  // namespace loopscope::tracer

#pragma once
/// The reading half of a track's ring: a cursor that follows the writer, copies, then validates, then hands out.
///
/// Thread: one per object; any number of objects per session. Owner: refers to a Session that outlives it.
/// Errors: none; what was overwritten before it could be copied is counted in EventBatch::lost.

#include <cstddef>
#include <cstdint>

#include "tracer/read/event_source.h"

namespace loopscope::tracer {

class Session;

class RingReader final : public TrackCursor {
 public:
  enum class Start { oldest, latest };
  explicit RingReader(const Session& session, Start start = Start::oldest, Track track = Track::loop);

  using Batch = EventBatch;
  bool read(EventBatch& batch, std::size_t limit) override;
  [[nodiscard]] std::uint64_t cursor() const override { return cursor_; }
  [[nodiscard]] std::uint64_t lost_total() const override { return lost_total_; }

 private:
  const Session& session_;
  Track track_;
  std::uint64_t cursor_ = 0;
  std::uint64_t lost_total_ = 0;
};

}  // namespace loopscope::tracer

#pragma once
/// The reading half of a track's ring: a cursor that follows the writer, copies, then validates, then hands out.
///
/// Thread: one per object; any number of objects per session. Owner: refers to a Session that outlives it.
/// Errors: none; what was overwritten before it could be copied is counted in `lost`.

#include <cstdint>
#include <vector>

#include "tracer/format.h"

namespace loopscope::tracer {

class Session;

class RingReader {
 public:
  enum class Start { oldest, latest };
  explicit RingReader(const Session& session, Start start = Start::oldest, Track track = Track::loop);

  struct Batch {
    std::vector<Event> events;  ///< in order, ticks non-decreasing
    std::uint64_t first_position = 0;
    std::uint64_t lost = 0;  ///< overwritten between the last batch and this one
  };
  /// At most `limit` events into `batch` (its vector is reused). False if there is nothing new and nothing lost.
  bool read(Batch& batch, std::size_t limit);

  [[nodiscard]] std::uint64_t cursor() const { return cursor_; }
  [[nodiscard]] std::uint64_t lost_total() const { return lost_total_; }

 private:
  const Session& session_;
  Track track_;
  std::uint64_t cursor_ = 0;
  std::uint64_t lost_total_ = 0;
};

}  // namespace loopscope::tracer

#include "tracer/read/ring_reader.h"

#include <algorithm>

#include "tracer/read/session.h"
#include "tracer/read/session_bytes.h"

namespace loopscope::tracer {
namespace {

/// The oldest position that is certainly whole when the next event to be written is `head`: the writer may be
/// at work on that one already, in the slot of the event `length` before it.
std::uint64_t oldest_whole(std::uint64_t head, std::uint64_t length) {
  return head < length ? 0 : head - length + 1;
}

/// `count` events from `position` on, which may go over the ring's end.
void copy_events(const Session& session, std::uint64_t position, std::uint64_t count, std::uint64_t length,
                 Event* into, Track track) {
  const auto slot = position % length;
  const auto to_the_end = std::min(count, length - slot);
  session.copy_slots(slot, to_the_end, into, track);
  session.copy_slots(0, count - to_the_end, into + to_the_end, track);
}

}  // namespace

RingReader::RingReader(const Session& session, Start start, Track track) : session_(session), track_(track) {
  const auto head = session.head(track);
  cursor_ = start == Start::latest ? head : oldest_whole(head, session.ring_length(track));
}

bool RingReader::read(EventBatch& batch, std::size_t limit) {
  const auto head = session_.head(track_);
  const auto length = session_.ring_length(track_);
  batch.events.clear();
  batch.lost = 0;
  batch.first_position = cursor_;
  if (head <= cursor_)
    return false;

  const auto begin = std::max(cursor_, oldest_whole(head, length));
  const auto count = std::min<std::uint64_t>(head - begin, limit);
  batch.events.resize(count);
  copy_events(session_, begin, count, length, batch.events.data(), track_);

  // Copied first, validated now: whatever the writer may have reached meanwhile is not handed out. A ring that has grown
  // meanwhile had not been full, so nothing of it was overwritten.
  SessionBytes::between();
  const auto head_now = std::max(head, session_.head(track_));
  const auto whole = oldest_whole(head_now, session_.ring_length(track_));
  const auto first = std::max(begin, whole);
  const auto torn = std::min(first - begin, count);
  batch.events.erase(batch.events.begin(), batch.events.begin() + static_cast<std::ptrdiff_t>(torn));
  batch.first_position = first;
  batch.lost = first - cursor_;
  lost_total_ += batch.lost;
  cursor_ = first + batch.events.size();
  return !batch.events.empty() || batch.lost > 0;
}

}  // namespace loopscope::tracer

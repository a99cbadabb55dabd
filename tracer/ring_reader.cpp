#include "tracer/ring_reader.h"

#include <algorithm>

#include "tracer/session.h"
#include "tracer/shared_words.h"

namespace loopscope::tracer {
namespace {

/// The oldest position that is certainly whole when the next event to be written is `head`: the writer may be
/// at work on that one already, in the slot of the event `capacity` before it.
std::uint64_t oldest_whole(std::uint64_t head, std::uint64_t capacity) {
  return head < capacity ? 0 : head - capacity + 1;
}

}  // namespace

RingReader::RingReader(const Session& session, Start start) : session_(session) {
  const auto head = session.head();
  cursor_ = start == Start::latest ? head : oldest_whole(head, session.header().ring_events);
}

bool RingReader::read(Batch& batch, std::size_t limit) {
  const auto capacity = session_.header().ring_events;
  const auto* ring = session_.ring();
  const auto head = session_.head();
  batch.events.clear();
  batch.lost = 0;
  batch.first_position = cursor_;
  if (head <= cursor_)
    return false;

  const auto begin = std::max(cursor_, oldest_whole(head, capacity));
  const auto count = std::min<std::uint64_t>(head - begin, limit);
  batch.events.resize(count);
  for (std::uint64_t i = 0; i < count; ++i) load_words(ring[(begin + i) & (capacity - 1)], batch.events[i]);

  // Copied first, validated now: whatever the writer may have reached meanwhile is not handed out.
  std::atomic_thread_fence(std::memory_order_acquire);
  const auto whole = oldest_whole(std::max(head, session_.head()), capacity);
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

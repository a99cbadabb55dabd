#include "loop/write_coalescing.h"

#include <limits>
#include <utility>

namespace loopscope::loop {

bool WriteCoalescing::hold(std::size_t size, std::int64_t now_ns) {
  const bool more = expects_more();
  if (made_ < std::numeric_limits<std::uint16_t>::max())
    ++made_;
  if (!more || held_bytes_ + size > kMostHeldBytes || held_writes_ == kMostHeldWrites)
    return false;
  if (!holding())
    held_since_ns_ = now_ns;
  held_bytes_ += static_cast<std::uint32_t>(size);
  ++held_writes_;
  return true;
}

void WriteCoalescing::released(std::int64_t now_ns) {
  held_bytes_ = held_writes_ = 0;
  if (now_ns - held_since_ns_ > kLongestHoldNs)
    without_hold_ = kCallbacksWithoutHold;
}

void WriteCoalescing::callback_returned() {
  expected_ = std::exchange(made_, 0);
  if (without_hold_ > 0)
    --without_hold_;
}

}  // namespace loopscope::loop

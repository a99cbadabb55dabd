#include "loop/write_coalescing.h"

#include <limits>
#include <utility>

namespace loopscope::loop {

bool WriteCoalescing::hold(std::size_t size, std::int64_t now_ns) {
  if (!expects_more() || held_bytes_ + size > kMostHeldBytes)
    return false;
  if (!holding())
    held_since_ns_ = now_ns;
  held_bytes_ += static_cast<std::uint32_t>(size);
  return true;
}

void WriteCoalescing::count() {
  if (made_ < std::numeric_limits<std::uint16_t>::max())
    ++made_;
}

void WriteCoalescing::released(std::int64_t now_ns) {
  held_bytes_ = 0;
  if (now_ns - held_since_ns_ > kLongestHoldNs)
    without_hold_ = kCallbacksWithoutHold;
}

void WriteCoalescing::callback_returned() {
  expected_ = std::exchange(made_, 0);
  if (without_hold_ > 0)
    --without_hold_;
}

}  // namespace loopscope::loop

#include "tracer/write/stall_report.h"

#include <algorithm>
#include <utility>

namespace loopscope::tracer {

void LatestStall::keep(const OpenSpan& span, ThreadDoing doing, std::string_view system_call,
                       const StackCopy& stack) {
  if (!wanted_.load(std::memory_order_relaxed))
    return;
  StallPlace place{{}, doing, std::string(system_call), 1};
  for (const auto& frame : stack.frames)
    place.stack.push_back({std::string(frame.function), std::string(frame.file), frame.line});

  const std::lock_guard lock(mutex_);
  if (std::exchange(since_ticks_, span.since_ticks) != span.since_ticks)
    places_.clear();
  const auto known = std::find_if(places_.begin(), places_.end(), [&](const StallPlace& other) {
    return other.stack == place.stack && other.doing == place.doing && other.system_call == place.system_call;
  });
  if (known != places_.end())
    ++known->samples;
  else if (places_.size() < kMostPlaces)
    places_.push_back(std::move(place));
}

std::optional<StallPlace> LatestStall::take() {
  const std::lock_guard lock(mutex_);
  const auto places = std::exchange(places_, {});
  const auto most =
      std::max_element(places.begin(), places.end(),
                       [](const StallPlace& one, const StallPlace& other) { return one.samples < other.samples; });
  return most != places.end() ? std::optional(*most) : std::nullopt;
}

}  // namespace loopscope::tracer

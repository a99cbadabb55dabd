#include "gui/model/handle_traffic.h"

#include <algorithm>

namespace loopscope::gui {

using tracer::EventType;

void HandleTrafficTable::add(const tracer::TraceEvent& event) {
  const auto bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(event.value, 0));
  switch (event.type) {
    case EventType::handle_opened:
      if (HandleTraffic* handle = followed(event.object))
        *handle = {0, 0, 0, true};
      break;
    case EventType::handle_closed:
      handles_.erase(event.object);
      break;
    case EventType::bytes_read:
    case EventType::bytes_written:
      if (HandleTraffic* handle = followed(event.object)) {
        (event.type == EventType::bytes_read ? handle->bytes_in : handle->bytes_out) += bytes;
        handle->last_ns = event.t_ns;
      }
      break;
    case EventType::level_changed:
      if (event.level() < tracer::Level::callbacks)
        lose();
      break;
    default:
      break;
  }
}

void HandleTrafficTable::lose() {
  for (auto& [id, handle] : handles_) handle.complete = false;
}

const HandleTraffic* HandleTrafficTable::of(std::uint64_t handle) const {
  const auto found = handles_.find(handle);
  return found == handles_.end() ? nullptr : &found->second;
}

HandleTraffic* HandleTrafficTable::followed(std::uint64_t handle) {
  const auto found = handles_.find(handle);
  if (found != handles_.end())
    return &found->second;
  return handles_.size() < kMostHandles ? &handles_[handle] : nullptr;
}

}  // namespace loopscope::gui

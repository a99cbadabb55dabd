#include "gui/model/session_watch.h"

#include <algorithm>
#include <utility>

#include "gui/model/socket_names.h"
#include "gui/model/thread_names.h"

namespace loopscope::gui {

namespace {

constexpr std::int64_t kListenEveryNs = 5'000'000'000;

std::string place_of(const SocketEntry& socket) {
  return socket.local_port != 0 ? std::string(":").append(std::to_string(socket.local_port)) : socket.local;
}

}  // namespace

void SessionWatch::look(const std::vector<tracer::SessionEntry>& entries, std::int64_t now_ns) {
  for (auto& [path, watched] : watched_) watched.seen = false;
  for (const tracer::SessionEntry& entry : entries) {
    if (!entry.alive || !entry.readable)
      continue;
    Watched& watched = watched_[entry.path];
    watched.seen = true;
    if (watched.session == nullptr)
      watched.session = tracer::Session::open(entry.path).session;
    if (watched.session == nullptr)
      continue;
    count(watched, now_ns);
    if (watched.listened_ns == 0 || now_ns - watched.listened_ns >= kListenEveryNs) {
      watched.listened_ns = now_ns;
      look_for_listeners(watched);
    }
  }
  std::erase_if(watched_, [](const auto& item) { return !item.second.seen; });
}

void SessionWatch::count(Watched& watched, std::int64_t now_ns) {
  const std::uint64_t iterations = watched.session->counters().iterations;
  const tracer::Present present = watched.session->present().present;
  const tracer::SessionHeader& header = watched.session->header();
  watched.activity.recorded = present.level > tracer::Level::off;
  watched.activity.thread =
      pid_is_of_this_namespace(header.pid_namespace) ? thread_text(header.pid, present.loop_thread) : "";
  watched.activity.iterations_per_s.reset();
  if (watched.activity.recorded && watched.iterations && now_ns > watched.looked_ns &&
      iterations >= *watched.iterations) {
    watched.activity.iterations_per_s = static_cast<double>(iterations - *watched.iterations) /
                                        (static_cast<double>(now_ns - watched.looked_ns) / 1e9);
  }
  // If nothing was counted for a while, the next difference would not be a rate.
  watched.iterations = watched.activity.recorded ? std::optional(iterations) : std::nullopt;
  watched.looked_ns = now_ns;
}

void SessionWatch::look_for_listeners(Watched& watched) {
  watched.activity.listens_on.clear();
  const tracer::SessionHeader& header = watched.session->header();
  if (!pid_is_of_this_namespace(header.pid_namespace))
    return;
  std::optional<SocketTable> table;
  for (const tracer::OpenHandle& handle : watched.session->handles()) {
    if (handle.kind != tracer::HandleKind::listener)
      continue;
    if (!table)
      table = SocketTable::read(header.pid);
    const SocketEntry* socket = table->of(header.pid, handle.fd);
    if (socket == nullptr || !socket->listens)
      continue;
    std::string place = place_of(*socket);
    auto& all = watched.activity.listens_on;
    if (!place.empty() && std::find(all.begin(), all.end(), place) == all.end())
      all.push_back(std::move(place));
  }
}

const SessionActivity* SessionWatch::of(const std::string& path) const {
  const auto found = watched_.find(path);
  return found == watched_.end() || found->second.session == nullptr ? nullptr : &found->second.activity;
}

}  // namespace loopscope::gui

#include "gui/model/handle_peers.h"

#include <cstdlib>

#include "gui/model/socket_names.h"
#include "tracer/read/printable.h"

namespace loopscope::gui {

namespace {

constexpr std::int64_t kLookEveryNs = 1'000'000'000;

std::string words_for(const SocketEntry& socket) {
  if (socket.listens)
    return socket.local.empty() ? "" : "listens on " + socket.local;
  return socket.peer.empty() && !socket.local.empty() ? "at " + socket.local : socket.peer;
}

}  // namespace

void HandlePeers::look(const TraceSource& source, const Digest& digest) {
  if (looked_ns_ != 0 && std::llabs(digest.at_ns - looked_ns_) < kLookEveryNs)
    return;
  looked_ns_ = digest.at_ns;
  words_.clear();
  const tracer::SessionHeader& header = source.trace().header();
  if (source.ended() || !pid_is_of_this_namespace(header.pid_namespace))
    return;
  const SocketTable table = SocketTable::read(header.pid);
  for (const HandleLine& handle : digest.handles) {
    const SocketEntry* socket = handle.fd < 0 ? nullptr : table.of(header.pid, handle.fd);
    if (socket != nullptr)
      words_[handle.id] = tracer::printable(words_for(*socket));
  }
}

std::string HandlePeers::of(std::uint64_t handle) const {
  const auto found = words_.find(handle);
  return found == words_.end() ? std::string() : found->second;
}

}  // namespace loopscope::gui

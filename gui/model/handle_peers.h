#pragma once
/// The peers that the handles of a live session are connected to. It asks the kernel, at most once a second, and only while the
/// Handles tab is open. Thread: one. Errors: none; there is no text for what the kernel does not show (an ended program, another
/// PID namespace).

#include <cstdint>
#include <string>
#include <unordered_map>

#include "gui/model/digest.h"

namespace loopscope::gui {

class HandlePeers {
 public:
  void look(const TraceSource& source, const Digest& digest);
  /// "10.0.0.7:51522", "listens on 127.0.0.1:8080"; empty if it is not known.
  [[nodiscard]] std::string of(std::uint64_t handle) const;

 private:
  std::unordered_map<std::uint64_t, std::string> words_;
  std::int64_t looked_ns_ = 0;
};

}  // namespace loopscope::gui

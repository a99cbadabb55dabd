#pragma once
/// What the live sessions of a list are doing. It tells apart loops of one process and workers of one service.
///
/// It reads each session's counters, and every 5 s which of its handles listen. It asks the programs for nothing.
/// Thread: one. Owner: of an open session for each program that lives. Errors: none; what cannot be read is not known.
/// Cost: two reads for each session and call; every 5 s also its handles and the kernel's tables of sockets.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tracer/read/session.h"
#include "tracer/read/session_list.h"

namespace loopscope::gui {

struct SessionActivity {
  bool recorded = false;                   ///< false: the level is off, so nothing is counted
  std::optional<double> iterations_per_s;  ///< not known before the second look()
  std::vector<std::string> listens_on;     ///< ":8080", "/run/shop.sock"
  std::string thread;                      ///< that runs the loop: "main thread", "worker-7"; empty: not known
};

class SessionWatch {
 public:
  /// Looks at all live sessions in `entries` and forgets all others. To be called about once a second.
  void look(const std::vector<tracer::SessionEntry>& entries, std::int64_t now_ns);
  /// Null if the session is not live or cannot be read.
  [[nodiscard]] const SessionActivity* of(const std::string& path) const;

 private:
  struct Watched {
    std::unique_ptr<tracer::Session> session;
    SessionActivity activity;
    std::optional<std::uint64_t> iterations;
    std::int64_t looked_ns = 0;
    std::int64_t listened_ns = 0;
    bool seen = false;
  };
  static void count(Watched& watched, std::int64_t now_ns);
  static void look_for_listeners(Watched& watched);
  std::map<std::string, Watched> watched_;
};

}  // namespace loopscope::gui

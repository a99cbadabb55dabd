#pragma once
/// What the live sessions of a list do, so that loops of one process and workers of one service can be told apart.
///
/// Reads each session's counters, and now and then which of its handles listen. Asks nothing of the programs.
/// Thread: one. Owner: of an open session for each program that lives. Errors: none; what cannot be read is not known.
/// Cost: two reads a session and call; every 5 s its handles and the kernel's tables of sockets.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tracer/session.h"
#include "tracer/session_list.h"

namespace loopscope::gui {

struct SessionActivity {
  bool recorded = false;                   ///< false: the level is off, and nothing is counted
  std::optional<double> iterations_per_s;  ///< not known before the second look
  std::vector<std::string> listens_on;     ///< ":8080", "/run/shop.sock"
};

class SessionWatch {
 public:
  /// Looks at all that live in `entries`, and forgets the others. About once a second.
  void look(const std::vector<tracer::SessionEntry>& entries, std::int64_t now_ns);
  /// Null for one that does not live, or cannot be read.
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

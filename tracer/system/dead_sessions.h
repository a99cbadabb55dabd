#pragma once
/// The sessions of a directory whose programs have ended. They keep memory for whoever wants to look at them later. A service
/// that crashes again and again must not fill the file system with them.
///
/// Thread: any; other processes may remove the same ones. Owner: of nothing. Errors: none, best effort.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::tracer {

/// How many a directory may hold.
inline constexpr std::size_t kDeadSessionsKept = 32;
/// How much memory they may take: $LOOPSCOPE_DEAD_BYTES; else a quarter of the file system, at most this.
inline constexpr std::uint64_t kMostDeadBytes = 64U << 20U;

class DeadSessions {
 public:
  /// Those that are there now.
  explicit DeadSessions(const std::string& directory);

  /// Removes the oldest ones until the rest is within both bounds.
  void discard_surplus();
  /// Removes the oldest one, for a living loop that needs room. False if there is none left.
  bool discard_oldest();

 private:
  struct Dead {
    std::uint64_t start_ticks;
    std::int64_t made_ns;
    std::string path;
    std::uint64_t memory_bytes;
  };
  std::string directory_;
  std::vector<Dead> newest_first_;
};

/// As discard_surplus(), but at most once a second in a process. So a program that makes a thousand loops a second looks once.
void keep_dead_sessions_bounded(const std::string& directory);

}  // namespace loopscope::tracer

#pragma once
/// Which sessions there are, and which one the user means.
///
/// Thread: any. Errors: sentences for the user.

#include <cstdint>
#include <string>
#include <vector>

namespace loopscope::tracer {

struct SessionEntry {
  std::string path;
  std::string id;  ///< "PID.LOOP": what people type
  std::uint32_t pid = 0;
  std::uint32_t loop_number = 0;
  bool alive = false;
  bool readable = false;  ///< false: `problem` says why it cannot be opened
  std::string problem;
  std::string program;
  std::string python_version;
  std::string libuv_version;
  std::uint64_t created_realtime_ns = 0;
  int level = 0;
};

/// All sessions, live ones first, newest first within each.
std::vector<SessionEntry> list_sessions(std::string& error);

/// The path for what the user typed: a pid, a "PID.LOOP", a path, or nothing (the only live one, or the
/// newest dead one if none lives). Empty and a sentence in `error` if there is none or several.
std::string find_session(const std::string& wanted, std::string& error);

/// Removes the files of dead sessions; answers how many.
int clean_dead_sessions(std::string& error);

}  // namespace loopscope::tracer

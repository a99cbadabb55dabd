#pragma once
/// Where sessions lie.
///
/// The directory is the user's own, mode 0700: $XDG_RUNTIME_DIR/loopscope if that is in memory, else
/// /dev/shm/loopscope-UID. LOOPSCOPE_DIR overrides both. A directory that is a link, belongs to somebody else or
/// may be written by others is an error. Paths are absolute: they mean the same after a chdir().
/// A session's file is named PID.LOOP.START (START: process_start_ticks, so a reused pid cannot collide; where programs of several
/// PID namespaces share a directory it may be a later number that was free).
/// Which sessions there are is the reading side's business: tracer/read/session_list.h.
/// Thread: any. Errors: sentences for the user.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loopscope::tracer {

/// Path of the directory; created if `create`. Empty and a sentence in `error` if it cannot be used.
std::string session_directory(bool create, std::string& error);

/// Every directory that may hold sessions of this user, whatever environment their programs were started in.
/// Those that do not exist are left out; those that cannot be trusted too, with a sentence in `error`.
std::vector<std::string> session_directories(std::string& error);

/// What a session's file name says.
struct SessionFileName {
  std::uint32_t pid = 0;
  std::uint32_t loop_number = 0;
  std::uint64_t process_start_ticks = 0;
};
std::string session_file_name(const SessionFileName& name);
std::optional<SessionFileName> parse_session_file_name(const std::string& text);

}  // namespace loopscope::tracer

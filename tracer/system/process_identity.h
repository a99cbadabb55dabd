#pragma once
/// Which process on which boot: tells a session's writer from a later process that got the same pid.
/// Thread: any. Errors: 0 or an empty string where the system does not say.

#include <cstdint>
#include <string>

namespace loopscope::tracer {

/// Field 22 of /proc/PID/stat: when the process started, in clock ticks since boot. 0 if there is none, or if
/// it has ended and only waits for its parent to notice.
std::uint64_t process_start_ticks(std::uint32_t pid);

/// Of this process. Looked up once, and again after a fork.
struct OwnProcess {
  std::uint32_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::uint64_t pid_namespace = 0;  ///< inode of /proc/self/ns/pid: within it a pid means one process
};
OwnProcess own_process();

/// /proc/sys/kernel/random/boot_id, without the newline. Looked up once.
const std::string& boot_id();

}  // namespace loopscope::tracer

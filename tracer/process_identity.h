#pragma once
/// Which process on which boot: tells a session's writer from a later process that got the same pid.
/// Thread: any. Errors: 0 or an empty string where the system does not say.

#include <cstdint>
#include <string>

namespace loopscope::tracer {

/// Field 22 of /proc/PID/stat: when the process started, in clock ticks since boot. 0 if there is none, or if
/// it has ended and only waits for its parent to notice.
std::uint64_t process_start_ticks(std::uint32_t pid);

/// /proc/sys/kernel/random/boot_id, without the newline.
std::string boot_id();

}  // namespace loopscope::tracer

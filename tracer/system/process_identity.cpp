#include "tracer/system/process_identity.h"

#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

#include "tracer/system/shared_memory.h"

namespace loopscope::tracer {

std::uint64_t process_start_ticks(std::uint32_t pid) {
  const auto stat = read_system_file("/proc/" + std::to_string(pid) + "/stat");
  // Field 2 is the program's name in parentheses and may hold anything, parentheses and spaces too.
  const auto name_end = stat.rfind(')');
  if (name_end == std::string::npos)
    return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  constexpr int kFieldsBetween = 18;  // 4 to 21
  std::string state;
  std::string skipped;
  fields >> state;
  for (int i = 0; i < kFieldsBetween; ++i) fields >> skipped;
  std::uint64_t start = 0;
  fields >> start;
  const bool ended = state == "Z" || state == "X";
  return fields && !ended ? start : 0;
}

OwnProcess own_process() {
  thread_local OwnProcess known;
  const auto pid = static_cast<std::uint32_t>(getpid());
  if (known.pid != pid || known.start_ticks == 0) {
    struct stat status {};
    const bool told = stat("/proc/self/ns/pid", &status) == 0;
    known = {pid, process_start_ticks(pid), told ? std::uint64_t{status.st_ino} : 0};
  }
  return known;
}

const std::string& boot_id() {
  thread_local std::string id;
  if (id.empty())
    id = read_system_file("/proc/sys/kernel/random/boot_id");
  return id;
}

}  // namespace loopscope::tracer

#include "tracer/session_life.h"

#include <cstring>
#include <ctime>

#include "tracer/process_identity.h"

namespace loopscope::tracer {
namespace {

/// Making a session takes microseconds; a program that was stopped in the middle of it has this long.
constexpr std::int64_t kMakingTakesNs = 60'000'000'000;

bool process_lives(std::uint32_t pid, std::uint64_t start_ticks) {
  const auto start = process_start_ticks(pid);
  return start != 0 && start == start_ticks;
}

bool is_being_made(const OpenFile& file, const SessionHeader& header) {
  constexpr char kNothing[sizeof(kMagic)] = {};
  const bool begun = std::memcmp(header.magic, kNothing, sizeof(kNothing)) == 0 ||
                     std::memcmp(header.magic, kMagic, sizeof(kMagic)) == 0;
  int error = 0;
  const auto facts = file.facts(error);
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  const auto age_ns = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec - facts.changed_realtime_ns;
  return begun && header.format_version == 0 && error == 0 && age_ns < kMakingTakesNs;
}

}  // namespace

bool session_lives(const OpenFile& file, const SessionHeader& header) {
  if (std::strncmp(boot_id().c_str(), header.boot_id, sizeof(header.boot_id)) != 0)
    return false;
  if (header.locked != 0 && !file.is_locked(0))
    return false;
  if (header.pid_namespace == own_process().pid_namespace)
    return process_lives(header.pid, header.process_start_ticks);
  return true;
}

bool session_lives(const OpenFile& file, const SessionFileName& name) {
  SessionHeader header{};
  int error = 0;
  const auto copied = file.read(&header, 0, sizeof(header), error);
  const bool known = copied == sizeof(header) && std::memcmp(header.magic, kMagic, sizeof(kMagic)) == 0 &&
                     header.format_version == kFormatVersion;
  if (known)
    return session_lives(file, header);
  return file.is_locked(0) || process_lives(name.pid, name.process_start_ticks) || is_being_made(file, header);
}

}  // namespace loopscope::tracer

#include "tracer/system/session_life.h"

#include <cstring>
#include <ctime>

#include "tracer/system/process_identity.h"

namespace loopscope::tracer {
namespace {

/// The memory that a program takes before it writes the header.
constexpr std::uint64_t kMostOfAHoleBytes = 8192;

/// Making a session takes microseconds; a program that was stopped in the middle of it has this long.
constexpr std::int64_t kMakingTakesNs = 60'000'000'000;

bool process_lives(std::uint32_t pid, std::uint64_t start_ticks) {
  const auto start = process_start_ticks(pid);
  return start != 0 && start == start_ticks;
}

bool has_magic(const SessionHeader& header) {
  return std::memcmp(header.magic, kMagic, sizeof(kMagic)) == 0;
}

/// As a session is until its header is written.
bool is_a_hole(const OpenFile& file, const SessionHeader& header) {
  constexpr char kNothing[sizeof(kMagic)] = {};
  int error = 0;
  const auto facts = file.facts(error);
  return error == 0 && std::memcmp(header.magic, kNothing, sizeof(kNothing)) == 0 &&
         facts.size_bytes >= sizeof(SessionHeader) && facts.memory_bytes <= kMostOfAHoleBytes;
}

bool is_being_made(const OpenFile& file, const SessionHeader& header) {
  const bool begun = has_magic(header) || is_a_hole(file, header);
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
  const auto own = own_process();
  const bool told =
      own.start_ticks != 0 && header.process_start_ticks != 0;  // else there is no /proc, here or there
  if (told && header.pid_namespace == own.pid_namespace)
    return process_lives(header.pid, header.process_start_ticks);
  return true;
}

bool is_a_session(const OpenFile& file) {
  SessionHeader header{};
  int error = 0;
  file.read(&header, 0, sizeof(header), error);
  return error == 0 && (has_magic(header) || is_a_hole(file, header));
}

bool session_lives(const OpenFile& file, const SessionFileName& name) {
  SessionHeader header{};
  int error = 0;
  const auto copied = file.read(&header, 0, sizeof(header), error);
  const bool known = copied == sizeof(header) && has_magic(header) && header.format_version == kFormatVersion;
  if (known)
    return session_lives(file, header);
  return file.is_locked(0) || process_lives(name.pid, name.process_start_ticks) || is_being_made(file, header);
}

}  // namespace loopscope::tracer

#include "tracer/read/session_header.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace loopscope::tracer {
namespace {

OpenProblem damaged(const std::string& what, const std::string& how) {
  return {OpenError::not_a_session, what + " is damaged: " + how + "; it cannot be read"};
}

/// Four times as many as are made. Each may become a row of a table.
constexpr std::uint64_t kMostSlots = 4 * kDefaultSlotCount;

/// Builds from before the first release changed the header and kept the version. Their headers are whole, but not ours.
bool is_header_of_another_build(const SessionHeader& header, std::uint64_t file_bytes) {
  return header.header_bytes != sizeof(SessionHeader) && header.header_bytes % 8 == 0 &&
         header.header_bytes >= offsetof(SessionHeader, tracks) && header.header_bytes < file_bytes;
}

OpenProblem other_version(const std::string& what, const std::string& theirs, const std::string& ours) {
  return {OpenError::other_version, what + " was made by another version of loopscope: it has " + theirs +
                                        ", this loopscope reads " + ours +
                                        "; open it with the loopscope that its program ran on"};
}

std::string version(std::uint32_t number) {
  return "trace format version " + std::to_string(number);
}

std::string version(std::uint32_t number, std::uint64_t header_bytes) {
  return version(number) + " with a header of " + std::to_string(header_bytes) + " bytes";
}

std::string mib(std::uint64_t bytes) {
  return std::to_string(bytes >> 20U) + " MiB";
}

struct Part {
  const char* name;
  std::uint64_t offset;
  std::uint64_t count;
  std::uint64_t each_bytes;
};

bool fits(const Part& part, std::uint64_t size_bytes) {
  return part.offset >= sizeof(SessionHeader) && part.offset % 8 == 0 && part.offset <= size_bytes &&
         part.count <= (size_bytes - part.offset) / part.each_bytes;
}

template <std::size_t kBytes>
bool ends(const char (&text)[kBytes]) {
  return std::memchr(text, '\0', kBytes) != nullptr;
}

bool is_order_of_phases(const std::uint8_t (&order)[7]) {
  std::array<bool, kPhaseCount> seen{};
  for (const auto phase : order) {
    if (phase == 0 || phase >= kPhaseCount || seen[phase])
      return false;
    seen[phase] = true;
  }
  return true;
}

OpenProblem check_parts(const SessionHeader& header, const std::string& what) {
  const auto& loop = header.tracks[static_cast<std::size_t>(Track::loop)];
  const auto& watchdog = header.tracks[static_cast<std::size_t>(Track::watchdog)];
  const std::array<Part, 11> parts{{
      {"present", header.present_offset, 1, sizeof(Present)},
      {"counters", header.counters_offset, 1, sizeof(Counters)},
      {"control", header.control_offset, 1, sizeof(Control)},
      {"handle slots", header.handle_slots_offset, header.handle_slot_count, sizeof(HandleSlot)},
      {"task slots", header.task_slots_offset, header.task_slot_count, sizeof(TaskSlot)},
      {"counts", loop.counts_offset, 1, sizeof(TrackCounts)},
      {"names", loop.names_offset, loop.names_bytes, 1},
      {"ring", loop.ring_offset, loop.ring_events, sizeof(Event)},
      {"watchdog's counts", watchdog.counts_offset, 1, sizeof(TrackCounts)},
      {"watchdog's names", watchdog.names_offset, watchdog.names_bytes, 1},
      {"watchdog's ring", watchdog.ring_offset, watchdog.ring_events, sizeof(Event)},
  }};
  for (const auto& part : parts)
    if (!fits(part, header.size_bytes))
      return damaged(what, std::string("its ") + part.name + " lie outside of it");
  if (header.handle_slot_count > kMostSlots || header.task_slot_count > kMostSlots)
    return damaged(what, "it has more slots than any program makes");
  for (const auto& track : header.tracks)
    if (!std::has_single_bit(track.ring_events))
      return damaged(what, "a ring of it does not hold a power of two events");
  return {};
}

OpenProblem check_facts(const SessionHeader& header, const std::string& what) {
  if (!ends(header.boot_id) || !ends(header.libuv_version) || !ends(header.python_version) ||
      !ends(header.program))
    return damaged(what, "a text in its header has no end");
  if (header.clock_source != ClockSource::monotonic && header.clock_source != ClockSource::tsc)
    return damaged(what, "its clock is of an unknown kind");
  if (!is_order_of_phases(header.phase_order))
    return damaged(what, "its order of phases names not each phase once");
  return {};
}

}  // namespace

OpenProblem check_header(const SessionHeader& header, std::uint64_t copied_bytes, std::uint64_t file_bytes,
                         const std::string& what) {
  const auto magic_bytes = std::min<std::uint64_t>(copied_bytes, sizeof(kMagic));
  if (magic_bytes == 0)
    return {OpenError::not_a_session, what + " is empty: not a loopscope session"};
  if (std::memcmp(header.magic, kMagic, magic_bytes) != 0)
    return {OpenError::not_a_session, what + " is not a loopscope session: it begins with other bytes"};
  const OpenProblem cut{OpenError::truncated, what + " is cut short: it has " + std::to_string(file_bytes) +
                                                  " bytes, a session's header alone has " +
                                                  std::to_string(sizeof(SessionHeader)) + "; copy it again"};
  if (copied_bytes < offsetof(SessionHeader, header_bytes))
    return cut;
  if (header.format_version == 0)
    return {OpenError::not_a_session,
            what + " is not complete yet: its program is still making it, or died at it"};
  if (header.format_version != kFormatVersion)
    return other_version(what, version(header.format_version), version(kFormatVersion));
  if (copied_bytes < sizeof(SessionHeader))
    return cut;
  if (is_header_of_another_build(header, file_bytes))
    return other_version(what, version(header.format_version, header.header_bytes),
                         version(kFormatVersion, sizeof(SessionHeader)));
  if (header.header_bytes != sizeof(SessionHeader))
    return damaged(what, "its header has another length");
  if (header.size_bytes > file_bytes)
    return {OpenError::truncated, what + " is cut short: it has " + std::to_string(file_bytes) + " of " +
                                      std::to_string(header.size_bytes) + " bytes; copy it again"};
  // One that is damaged, or made up, would take long to read, and as much memory as it says.
  if (header.size_bytes > kMostSessionBytes)
    return {OpenError::unreadable, what + " says that it has " + mib(header.size_bytes) +
                                       "; no program makes a session of more than " + mib(kMostSessionBytes)};
  if (auto problem = check_parts(header, what); problem.error != OpenError::none)
    return problem;
  return check_facts(header, what);
}

}  // namespace loopscope::tracer

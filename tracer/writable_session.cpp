#include "tracer/writable_session.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <iterator>
#include <new>

#include "tracer/clock.h"
#include "tracer/name_interner.h"
#include "tracer/present_writer.h"
#include "tracer/process_identity.h"
#include "tracer/session_directory.h"

namespace loopscope::tracer {
namespace {

constexpr std::uint64_t kPageBytes = 4096;
constexpr std::uint64_t kMostRingEvents = 1U << 24U;

std::uint64_t whole_pages(std::uint64_t bytes) {
  return (bytes + kPageBytes - 1) & ~(kPageBytes - 1);
}

// Each part that a different party writes starts on a page of its own: viewers map Control alone.
constexpr std::uint64_t kPresentOffset = sizeof(SessionHeader);
constexpr std::uint64_t kCountersOffset = kPresentOffset + 1024;
constexpr std::uint64_t kControlOffset = kPresentOffset + kPageBytes;
constexpr std::uint64_t kHandleSlotsOffset = kControlOffset + kPageBytes;
constexpr std::uint64_t kSlotsBytes = kDefaultSlotCount * sizeof(ObjectSlot);
constexpr std::uint64_t kTaskSlotsOffset = kHandleSlotsOffset + kSlotsBytes;
constexpr std::uint64_t kNamesOffset = kTaskSlotsOffset + kSlotsBytes;
constexpr std::uint64_t kRingOffset = kNamesOffset + kDefaultNamesBytes;
static_assert(sizeof(Present) <= 1024 && sizeof(Control) <= kPageBytes);
static_assert(1024 + sizeof(Counters) <= kPageBytes);

std::uint64_t size_with(std::uint64_t ring_events) {
  return whole_pages(kRingOffset + ring_events * sizeof(Event));
}

std::uint64_t ring_events_for(const SessionFacts& facts) {
  return std::bit_ceil(std::clamp(facts.ring_events, kLeastRingEvents, kMostRingEvents));
}

std::uint64_t realtime_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
}

template <std::size_t kBytes>
void copy_text(char (&field)[kBytes], const std::string& text) {
  const auto cut = cut_utf8(text, kBytes - 1);
  std::memcpy(field, cut.data(), cut.size());
}

std::string cannot_make(const std::string& path, int error) {
  std::string sentence = "cannot make the session file " + path + ": " + std::strerror(error);
  if (error == ENOSPC)
    sentence += " (a session needs at least " + std::to_string(size_with(kLeastRingEvents) >> 10U) +
                " KiB there; remove dead sessions, or set LOOPSCOPE_DIR to a directory with more room)";
  if (error == EACCES || error == EROFS)
    sentence += " (set LOOPSCOPE_DIR to a directory that you can write to)";
  return sentence;
}

}  // namespace

std::unique_ptr<WritableSession> WritableSession::create(const SessionFacts& facts, std::string& error) {
  const auto directory = facts.directory.empty() ? session_directory(true, error) : facts.directory;
  if (directory.empty())
    return nullptr;
  discard_surplus_dead_sessions(directory);

  const auto pid = static_cast<std::uint32_t>(getpid());
  const auto path = directory + "/" + session_file_name({pid, facts.loop_number, process_start_ticks(pid)});
  std::unique_ptr<WritableSession> session(new WritableSession);
  auto ring_events = ring_events_for(facts);
  int failure = 0;
  for (;; ring_events /= 2) {
    session->memory_ = SharedMemory::create(path, size_with(ring_events), failure);
    if (failure != ENOSPC || ring_events == kLeastRingEvents)
      break;
  }
  if (failure != 0) {
    error = cannot_make(path, failure);
    return nullptr;
  }
  session->path_ = path;
  session->owns_file_ = true;
  session->lay_out(facts, ring_events);
  return session;
}

std::unique_ptr<WritableSession> WritableSession::create_in_memory(const SessionFacts& facts) {
  std::unique_ptr<WritableSession> session(new WritableSession);
  const auto ring_events = ring_events_for(facts);
  int failure = 0;
  session->memory_ = SharedMemory::anonymous(size_with(ring_events), failure);
  if (failure != 0)
    return nullptr;
  session->lay_out(facts, ring_events);
  return session;
}

WritableSession::~WritableSession() {
  if (!owns_file_)
    return;
  // Viewers that hold the mapping are told; the name is gone for all others.
  PresentWriter(present()).ended();
  remove_file(path_);
}

void WritableSession::disown() {
  owns_file_ = false;
}

void WritableSession::lay_out(const SessionFacts& facts, std::uint64_t ring_events) {
  auto& to = *new (memory_.data()) SessionHeader{};
  std::memcpy(to.magic, kMagic, sizeof(kMagic));
  to.header_bytes = sizeof(SessionHeader);
  to.size_bytes = memory_.size_bytes();
  to.present_offset = kPresentOffset;
  to.counters_offset = kCountersOffset;
  to.control_offset = kControlOffset;
  to.handle_slots_offset = kHandleSlotsOffset;
  to.handle_slot_count = kDefaultSlotCount;
  to.task_slots_offset = kTaskSlotsOffset;
  to.task_slot_count = kDefaultSlotCount;
  to.names_offset = kNamesOffset;
  to.names_bytes = kDefaultNamesBytes;
  to.ring_offset = kRingOffset;
  to.ring_events = ring_events;

  to.pid = static_cast<std::uint32_t>(getpid());
  to.loop_number = facts.loop_number;
  to.process_start_ticks = process_start_ticks(to.pid);
  to.created_monotonic_ns = monotonic_ns();
  to.created_realtime_ns = realtime_ns();
  copy_text(to.boot_id, boot_id());
  to.clock_source = preferred_clock_source();
  for (std::size_t i = 0; i < std::size(to.phase_order); ++i)
    to.phase_order[i] = static_cast<std::uint8_t>(facts.phase_order[i]);
  to.anchor_first = take_anchor(to.clock_source);
  copy_text(to.libuv_version, facts.libuv_version);
  copy_text(to.python_version, facts.python_version);
  copy_text(to.program, facts.program);

  new (&present()) Present{};
  present().anchor_last = to.anchor_first;
  new (&counters()) Counters{};
  // Offset 0 of the name table stays unused, so that no name has the number of kNoName.
  counters().names_used_bytes = sizeof(NameEntry);
  new (&control()) Control{};
  std::atomic_ref(to.format_version).store(kFormatVersion, std::memory_order_release);
}

SessionHeader& WritableSession::header() const {
  return *at<SessionHeader>(0);
}
Present& WritableSession::present() const {
  return *at<Present>(kPresentOffset);
}
Counters& WritableSession::counters() const {
  return *at<Counters>(kCountersOffset);
}
Control& WritableSession::control() const {
  return *at<Control>(kControlOffset);
}
ObjectSlot* WritableSession::handle_slots() const {
  return at<ObjectSlot>(kHandleSlotsOffset);
}
ObjectSlot* WritableSession::task_slots() const {
  return at<ObjectSlot>(kTaskSlotsOffset);
}
char* WritableSession::names() const {
  return at<char>(kNamesOffset);
}
Event* WritableSession::ring() const {
  return at<Event>(kRingOffset);
}

}  // namespace loopscope::tracer

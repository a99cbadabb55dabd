#include "tracer/write/writable_session.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <iterator>
#include <new>
#include <optional>

#include "tracer/system/clock.h"
#include "tracer/system/dead_sessions.h"
#include "tracer/system/process_identity.h"
#include "tracer/system/session_directory.h"
#include "tracer/system/session_life.h"
#include "tracer/write/name_interner.h"
#include "tracer/write/present_writer.h"

namespace loopscope::tracer {
namespace {

constexpr std::uint64_t kPageBytes = PartMemory::kPageBytes;
constexpr int kMostTries = 100;

constexpr std::uint64_t whole_pages(std::uint64_t bytes) {
  return (bytes + kPageBytes - 1) & ~(kPageBytes - 1);
}

// A page holds the header, the present and the first handles: with a page of names and one of events that is a small program's all.
// Present, counters and each word that viewers write lie on cache lines of their own.
constexpr std::uint64_t kPresentOffset = sizeof(SessionHeader);
constexpr std::uint64_t kTrackCountsOffset = kPresentOffset + 256;
constexpr std::uint64_t kCountersOffset = kTrackCountsOffset + kTrackCount * sizeof(TrackCounts);
constexpr std::uint64_t kControlOffset = kCountersOffset + 192;
constexpr std::uint64_t kHandleSlotsOffset = kControlOffset + 256;
constexpr std::uint64_t kHandlesBytes = kDefaultSlotCount * sizeof(HandleSlot);
constexpr std::uint64_t kTasksBytes = kDefaultSlotCount * sizeof(TaskSlot);
constexpr std::uint64_t kTaskSlotsOffset = whole_pages(kHandleSlotsOffset + kHandlesBytes);
constexpr std::uint64_t kTracksOffset = kTaskSlotsOffset + kTasksBytes;
constexpr std::uint64_t kFirstHandlesBytes = kPageBytes - kHandleSlotsOffset;
static_assert(sizeof(Present) <= 256 && sizeof(Counters) <= 192 && sizeof(Control) <= 256);
static_assert(kHandleSlotsOffset < kPageBytes);

/// One after the other, the loop's last: it is the one whose length can be chosen.
constexpr void place_tracks(TrackLayout (&tracks)[kTrackCount], std::uint64_t ring_events) {
  std::uint64_t end = kTracksOffset;
  const auto place = [&](Track track, std::uint64_t names_bytes, std::uint64_t events) {
    const auto number = static_cast<std::size_t>(track);
    const auto counts = kTrackCountsOffset + number * sizeof(TrackCounts);
    tracks[number] = {counts, end, names_bytes, end + names_bytes, events};
    end += names_bytes + events * sizeof(Event);
  };
  place(Track::watchdog, kWatchdogNamesBytes, kWatchdogRingEvents);
  place(Track::loop, kDefaultNamesBytes, ring_events);
}

constexpr std::uint64_t size_with(std::uint64_t ring_events) {
  TrackLayout tracks[kTrackCount]{};
  place_tracks(tracks, ring_events);
  const auto& last = tracks[static_cast<std::size_t>(Track::loop)];
  return whole_pages(last.ring_offset + ring_events * sizeof(Event));
}
static_assert(size_with(kMostRingEvents) == kMostSessionBytes);

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

constexpr std::uint64_t kLeastBytes = 2 * kPageBytes;  // header to handles, and the first events

std::string cannot_make(const std::string& path, int error) {
  std::string sentence = "cannot make the session file " + path + ": " + std::strerror(error);
  if (error == ENOSPC)
    sentence +=
        " (a session needs at least " + std::to_string(kLeastBytes >> 10U) +
        " KiB there, and no dead session is left to give up; set LOOPSCOPE_DIR to a directory with more room)";
  if (error == EACCES || error == EROFS)
    sentence += " (set LOOPSCOPE_DIR to a directory that you can write to)";
  return sentence;
}

/// Another file has the name. True if it is gone, or if `name` is another one now.
bool make_way(const std::string& directory, SessionFileName& name) {
  const auto path = directory + "/" + session_file_name(name);
  int error = 0;
  const OpenFile file(path, false, error);
  if (error == ENOENT)
    return true;
  if (error != 0)
    return false;
  // This very process may have left it: it had a loop before it became another program (exec).
  if (is_a_session(file) && !session_lives(file, name))
    return remove_file(path) == 0;
  SessionHeader header{};
  const bool told = file.read(&header, 0, sizeof(header), error) == sizeof(header);
  if (told && is_a_session(file) && header.pid_namespace == own_process().pid_namespace)
    return false;
  ++name.process_start_ticks;  // a program with the same pid in another PID namespace, or somebody's file
  return true;
}

}  // namespace

std::unique_ptr<WritableSession> WritableSession::create(const SessionFacts& facts, std::string& error) {
  const auto directory = facts.directory.empty() ? session_directory(true, error) : facts.directory;
  if (directory.empty())
    return nullptr;
  keep_dead_sessions_bounded(directory);

  std::unique_ptr<WritableSession> session(new WritableSession);
  int failure = session->make_file(directory, facts);
  if (failure == 0)
    failure = session->take_first();
  if (failure != 0) {
    error = cannot_make(session->path_, failure);
    session->give_up();
    return nullptr;
  }
  session->guard_ = MappingGuard(session->memory_);
  session->lay_out(facts, ring_events_for(facts));
  return session;
}

int WritableSession::make_file(const std::string& directory, const SessionFacts& facts) {
  const auto own = own_process();
  SessionFileName name{own.pid, facts.loop_number, own.start_ticks};
  directory_ = directory;
  std::optional<DeadSessions> dead;
  for (int tries = 0;; ++tries) {
    path_ = directory + "/" + session_file_name(name);
    int failure = 0;
    memory_ = SharedMemory::create(path_, size_with(ring_events_for(facts)), locked_, failure);
    owns_file_ = failure == 0;
    if (failure == EEXIST && tries < kMostTries && make_way(directory, name))
      continue;
    if (failure == ENOSPC && (dead ? *dead : dead.emplace(directory)).discard_oldest())
      continue;
    return failure;
  }
}

/// The memory without which there is no session.
int WritableSession::take_first() {
  TrackLayout tracks[kTrackCount];
  place_tracks(tracks, kLeastRingEvents);
  const auto ring = tracks[static_cast<std::size_t>(Track::loop)].ring_offset;
  return make_room(at<char>(0), kPageBytes) && make_room(at<char>(ring), kPageBytes) ? 0 : ENOSPC;
}

void WritableSession::give_up() {
  remove_name();
  memory_ = {};
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
  if (path_.empty() || memory_.data() == nullptr)
    return;
  // Viewers that follow it are told; the name is gone for all others.
  PresentWriter(present()).ended();
  remove_name();
}

void WritableSession::disown() {
  owns_file_ = false;
  guard_ = {};
  memory_ = {};
}

void WritableSession::remove_name() {
  if (owns_file_)
    remove_file(path_);
  owns_file_ = false;
}

bool WritableSession::take(void* start, std::uint64_t size_bytes) {
  if (make_room(start, size_bytes))
    return true;
  std::atomic_ref refused(counters().memory_refused);
  refused.store(refused.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return false;
}

bool WritableSession::make_room(void* start, std::uint64_t size_bytes) {
  if (take_memory(start, size_bytes) == 0)
    return true;
  if (was_cut())
    return false;
  DeadSessions dead(directory_);
  while (dead.discard_oldest())
    if (take_memory(start, size_bytes) == 0)
      return true;
  return false;
}

/// A file that somebody cut short has no room either, and no dead session can help it.
bool WritableSession::was_cut() const {
  int error = 0;  // one that is gone was perhaps cut, too, and nobody sees it any more
  const auto facts = OpenFile(path_, false, error).facts(error);
  return error != 0 || facts.size_bytes < memory_.size_bytes();
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
  place_tracks(to.tracks, ring_events);

  const auto own = own_process();
  to.pid = own.pid;
  to.loop_number = facts.loop_number;
  to.process_start_ticks = own.start_ticks;
  to.pid_namespace = own.pid_namespace;
  to.locked = locked_ ? 1 : 0;
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
  const bool in_memory = path_.empty();
  counters().handle_slots_ready_bytes = in_memory ? kHandlesBytes : kFirstHandlesBytes;
  counters().task_slots_ready_bytes = in_memory ? kTasksBytes : 0;
  for (const auto track : {Track::loop, Track::watchdog}) {
    const auto& layout = to.tracks[static_cast<std::size_t>(track)];
    auto& counts = *new (at<char>(layout.counts_offset)) TrackCounts{};
    counts.names_ready_bytes = in_memory ? layout.names_bytes : 0;
    counts.ring_ready_bytes = in_memory ? layout.ring_events * sizeof(Event) : 0;
    // Offset 0 of a name table stays unused, so that no name has the number of kNoName.
    counts.names_used_bytes = sizeof(NameEntry);
  }
  if (!in_memory)
    track_counts(Track::loop).ring_ready_bytes = kPageBytes;
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
PartMemory WritableSession::handle_slots() {
  return part(kHandleSlotsOffset, kHandlesBytes, counters().handle_slots_ready_bytes);
}
PartMemory WritableSession::task_slots() {
  return part(kTaskSlotsOffset, kTasksBytes, counters().task_slots_ready_bytes);
}
const TrackLayout& WritableSession::layout(Track track) const {
  return header().tracks[static_cast<std::size_t>(track)];
}
TrackCounts& WritableSession::track_counts(Track track) const {
  return *at<TrackCounts>(layout(track).counts_offset);
}
PartMemory WritableSession::names(Track track) {
  return part(layout(track).names_offset, layout(track).names_bytes, track_counts(track).names_ready_bytes);
}
PartMemory WritableSession::ring(Track track) {
  return part(layout(track).ring_offset, layout(track).ring_events * sizeof(Event),
              track_counts(track).ring_ready_bytes);
}

PartMemory WritableSession::part(std::uint64_t offset, std::uint64_t size_bytes, std::uint64_t& ready) {
  return {at<char>(offset), size_bytes, *this, ready};
}

}  // namespace loopscope::tracer

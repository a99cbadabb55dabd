#include "tracer/read/session.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "tracer/read/clock_history.h"
#include "tracer/read/printable.h"
#include "tracer/read/ring_reader.h"
#include "tracer/read/session_bytes.h"
#include "tracer/read/session_file.h"
#include "tracer/read/tick_scale.h"
#include "tracer/read/trace_time.h"
#include "tracer/read/viewer_lease.h"
#include "tracer/system/clock.h"
#include "tracer/system/process_identity.h"
#include "tracer/system/session_life.h"

namespace loopscope::tracer {
namespace {

/// Two conversions of one instant may disagree by this much.
constexpr std::int64_t kClockDoubtNs = 1'000'000;

}  // namespace

struct Session::State {
  SessionHeader header{};
  std::string path;
  std::string boot = boot_id();
  SessionBytes bytes;
  std::array<NameReader, kTrackCount> names;
  TickScale scale;
  bool history_read = false;   ///< scale has the anchors of the file
  std::int64_t latest_ns = 0;  ///< no event is later; of a session that may change: as far as we have asked
  ViewerLease lease;
  PresentCopy latest_present{{}, true};
  Counters latest_counters{};
  std::array<TrackCounts, kTrackCount> latest_counts{};

  /// `file` is what is read from here on.
  void begin(SessionFile file, Session& session);
  [[nodiscard]] const TrackLayout& layout(Track track) const {
    return header.tracks[static_cast<std::size_t>(track)];
  }
  template <typename Slot>
  [[nodiscard]] std::vector<Slot> used_slots(std::uint64_t offset, std::uint64_t count,
                                             std::uint64_t ready_bytes) const;
  [[nodiscard]] std::int64_t now_with_doubt() const;
  /// No event is later. Of a session of this boot: now. Of another one: its last anchor, or its newest event.
  [[nodiscard]] std::int64_t latest(const Session& session) const;
  /// May it be written to while we read? A copy of a file may not.
  [[nodiscard]] bool may_change() const { return bytes.follows() || path.empty(); }
};

Session::Session() : state_(std::make_unique<State>()) {}
Session::~Session() = default;

Session::Opened Session::open(const std::string& path) {
  SessionFile file;
  if (const auto problem = open_session_file(path, file); problem.error != OpenError::none)
    return {nullptr, problem.error, printable(problem.message)};
  std::unique_ptr<Session> session(new Session);
  session->state_->path = path;
  session->state_->begin(std::move(file), *session);
  return {std::move(session), OpenError::none, ""};
}

Session::Opened Session::view(const void* data, std::uint64_t size_bytes) {
  SessionFile memory;
  const auto header_bytes = std::min<std::uint64_t>(size_bytes, sizeof(SessionHeader));
  std::memcpy(&memory.header, data, header_bytes);
  auto problem = check_header(memory.header, header_bytes, size_bytes, "this memory");
  if (problem.error != OpenError::none)
    return {nullptr, problem.error, std::move(problem.message)};
  memory.bytes = SessionBytes::of(data);
  std::unique_ptr<Session> session(new Session);
  session->state_->begin(std::move(memory), *session);
  return {std::move(session), OpenError::none, ""};
}

void Session::State::begin(SessionFile file, Session& session) {
  header = file.header;
  bytes = std::move(file.bytes);
  for (std::size_t track = 0; track < kTrackCount; ++track) names[track] = NameReader(bytes, header.tracks[track]);
  scale = TickScale(header.clock_source, header.anchor_first);
  session.calibrate();
  latest_ns = latest(session);
}

/// Times run ahead by as much as the clock drifts from the last anchor on.
std::int64_t Session::State::now_with_doubt() const {
  const auto now_ns = bounded_ns(monotonic_ns());
  const bool counter = header.clock_source == ClockSource::tsc;
  const auto anchor_ns = counter ? bounded_ns(scale.last_anchor().monotonic_ns) : now_ns;
  return now_ns + kClockDoubtNs + std::max<std::int64_t>(now_ns - anchor_ns, 0) / 1000;
}

std::int64_t Session::State::latest(const Session& session) const {
  if (boot == header.boot_id)
    return now_with_doubt();
  const auto anchor_ns = bounded_ns(session.present().present.anchor_last.monotonic_ns);
  const auto head = session.head();
  Event newest{};
  if (head != 0)
    session.copy_slots((head - 1) % session.ring_length(), 1, &newest);
  return std::max(head == 0 ? 0 : scale.to_ns(newest.ticks), anchor_ns) + kClockDoubtNs;
}

const SessionHeader& Session::header() const {
  return state_->header;
}
const std::string& Session::path() const {
  return state_->path;
}

PresentCopy Session::present() const {
  auto& state = *state_;
  const auto offset = state.header.present_offset;
  // A writer needs some ten stores; one that has not finished after this many looks was stopped in the middle.
  const int looks = state.bytes.follows() ? 100 : 1000;
  PresentCopy copy{{}, true};
  for (int look = 0; look < looks && copy.torn; ++look) {
    const auto before = state.bytes.get<std::uint64_t>(offset);
    SessionBytes::between();
    copy.present = state.bytes.get<Present>(offset);
    SessionBytes::between();
    const bool writing = (static_cast<std::uint32_t>(before) & 1U) != 0;
    copy.torn = writing || before != state.bytes.get<std::uint64_t>(offset);
  }
  if (!state.bytes.was_cut())
    state.latest_present = copy;
  return state.latest_present;
}

Counters Session::counters() const {
  auto& state = *state_;
  const auto copy = state.bytes.get<Counters>(state.header.counters_offset);
  if (!state.bytes.was_cut())
    state.latest_counters = copy;
  return state.latest_counters;
}

TrackCounts Session::track_counts(Track track) const {
  auto& latest = state_->latest_counts[static_cast<std::size_t>(track)];
  const auto copy = state_->bytes.get<TrackCounts>(state_->layout(track).counts_offset);
  if (!state_->bytes.was_cut())
    latest = copy;
  return latest;
}

std::uint64_t Session::head(Track track) const {
  auto& latest = state_->latest_counts[static_cast<std::size_t>(track)].head;
  const auto head =
      state_->bytes.get<std::uint64_t>(state_->layout(track).counts_offset + offsetof(TrackCounts, head));
  SessionBytes::between();
  if (!state_->bytes.was_cut())
    latest = head;
  return latest;
}

std::uint64_t Session::ring_length(Track track) const {
  const auto ready = state_->bytes.get<std::uint64_t>(state_->layout(track).counts_offset +
                                                      offsetof(TrackCounts, ring_ready_bytes));
  return std::clamp<std::uint64_t>(ready / sizeof(Event), 1, state_->layout(track).ring_events);
}

RingSize Session::ring(Track track) const {
  const auto length = ring_length(track);
  const auto capacity = state_->layout(track).ring_events;
  return {length, capacity, length < capacity && head(track) >= length};
}

std::unique_ptr<TrackCursor> Session::events(Track track) const {
  return std::make_unique<RingReader>(*this, RingReader::Start::oldest, track);
}

void Session::copy_slots(std::uint64_t slot, std::uint64_t count, Event* into, Track track) const {
  state_->bytes.copy(state_->layout(track).ring_offset + slot * sizeof(Event), into, count * sizeof(Event));
}

Name Session::name(NameId id, Track track) const {
  return state_->names[static_cast<std::size_t>(track)].read(id);
}

Frame Session::frame(NameId id, Track track) const {
  return state_->names[static_cast<std::size_t>(track)].frame(id);
}

template <typename Slot>
std::vector<Slot> Session::State::used_slots(std::uint64_t offset, std::uint64_t count,
                                             std::uint64_t ready_bytes) const {
  // Twice: a slot that was closed or became another's while it was copied does not read the same again.
  std::vector<Slot> slots(std::min(count, ready_bytes / sizeof(Slot)));
  auto again = slots;
  bytes.copy(offset, slots.data(), slots.size() * sizeof(Slot));
  SessionBytes::between();
  bytes.copy(offset, again.data(), again.size() * sizeof(Slot));
  std::vector<Slot> used;
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (slots[i].id != 0 && std::memcmp(&slots[i], &again[i], sizeof(Slot)) == 0)
      used.push_back(slots[i]);
  return used;
}

std::vector<OpenHandle> Session::handles() const {
  const auto& header = state_->header;
  std::vector<OpenHandle> found;
  for (const auto& slot : state_->used_slots<HandleSlot>(header.handle_slots_offset, header.handle_slot_count,
                                                         counters().handle_slots_ready_bytes))
    found.push_back({slot.id, to_ns(slot.since_ticks), slot.name, slot.kind, slot.interest, slot.fd});
  return found;
}

std::vector<OpenTask> Session::tasks() const {
  const auto& header = state_->header;
  std::vector<OpenTask> found;
  for (const auto& slot : state_->used_slots<TaskSlot>(header.task_slots_offset, header.task_slot_count,
                                                       counters().task_slots_ready_bytes)) {
    const auto stopped_ns = slot.stopped_ticks == 0 ? 0 : to_ns(slot.stopped_ticks);
    found.push_back({slot.id, to_ns(slot.since_ticks), slot.name, slot.given_name, slot.number, stopped_ns,
                     slot.frame, slot.await_kind, slot.awaited});
  }
  return found;
}

std::int64_t Session::to_ns(std::uint64_t ticks) const {
  return state_->scale.to_ns(ticks);
}
std::int64_t Session::duration_ns(std::uint64_t ticks) const {
  return state_->scale.duration_ns(ticks);
}
std::int64_t Session::jump_ns(std::uint64_t from_ticks, std::uint64_t to_ticks) const {
  return state_->scale.jump_ns(from_ticks, to_ticks);
}
bool Session::clock_known() const {
  return state_->scale.rate_known();
}

std::int64_t Session::ahead_of_now_ns(std::int64_t t_ns) const {
  auto& state = *state_;
  if (t_ns > state.latest_ns && state.may_change() && state.boot == state.header.boot_id)
    state.latest_ns = state.now_with_doubt();
  return std::max<std::int64_t>(t_ns - state.latest_ns, 0);
}

void Session::calibrate() {
  auto& state = *state_;
  if (state.header.clock_source != ClockSource::tsc)
    return;
  const bool same_clock = state.boot == state.header.boot_id && preferred_clock_source() == ClockSource::tsc;
  if (state.history_read && !state.may_change())
    return;
  const auto now = same_clock ? take_anchor(ClockSource::tsc) : ClockAnchor{};
  if (!state.history_read) {
    state.history_read = true;
    read_anchors(*this, now, state.scale);
    state.scale.fit();
    if (!state.scale.rate_known() && same_clock)  // a session that is younger than a millisecond
      state.scale.follow(now, 0);
    return;
  }
  const auto here = same_clock ? now : present().present.anchor_last;
  if (state.scale.is_fresh(here))
    return;
  const bool jumped = state.scale.jumps_to(here);
  state.scale.follow(here, jumped ? find_resumed(*this, state.scale.last_anchor().ticks, here.ticks) : 0);
}

bool Session::damaged() const {
  const auto& state = *state_;
  SessionHeader now{};
  constexpr auto kCompared = offsetof(SessionHeader, boot_id);
  state.bytes.copy(0, &now, kCompared);
  return state.bytes.was_cut() || std::memcmp(&now, &state.header, kCompared) != 0;
}

bool Session::alive() const {
  const auto& state = *state_;
  const bool ended = present().present.ended != 0 || damaged();
  if (ended || !state.path.empty())
    return !ended && state.bytes.follows() && session_lives(state.bytes.file(), state.header);
  return own_process().pid == state.header.pid;  // memory of this process
}

bool Session::may_grow() const {
  return state_->may_change();
}

bool Session::take_lease(Level level) {
  if (!state_->bytes.follows())
    return state_->lease.refuse();
  return state_->lease.take(state_->bytes.file(), state_->header.control_offset, level);
}
LeaseState Session::lease() const {
  return state_->lease.state();
}
void Session::renew_lease() {
  state_->lease.renew();
}
void Session::drop_lease() {
  state_->lease.drop();
}

}  // namespace loopscope::tracer

#include "tracer/session.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "tracer/clock.h"
#include "tracer/clock_history.h"
#include "tracer/printable.h"
#include "tracer/process_identity.h"
#include "tracer/session_directory.h"
#include "tracer/shared_memory.h"
#include "tracer/shared_words.h"
#include "tracer/tick_scale.h"
#include "tracer/trace_time.h"
#include "tracer/viewer_lease.h"

namespace loopscope::tracer {
namespace {

/// Two conversions of one instant may disagree by this much.
constexpr std::int64_t kClockDoubtNs = 1'000'000;

OpenProblem explain_open(const std::string& path, int error) {
  if (error == ENOENT || error == ENOTDIR)
    return {OpenError::no_such_session,
            "there is no session " + path + "; see what there is with: python3 -m loopscope ls"};
  if (error == ELOOP)
    return {OpenError::not_a_session, path + " is a symbolic link, which is not followed; name the file itself"};
  if (error == EACCES || error == EPERM)
    return {OpenError::not_yours,
            path + " is not yours to read: only the user who runs a program may look into it"};
  return {OpenError::unreadable, "cannot open " + path + ": " + std::strerror(error)};
}

OpenProblem check_file(const std::string& path, const OpenFile::Facts& facts) {
  if (facts.directory)
    return {OpenError::not_a_session, path + " is a directory; name a session in it, or a pid"};
  if (!facts.regular)
    return {OpenError::not_a_session, path + " is not a regular file, so it is no session"};
  if (!facts.owned)
    return {OpenError::not_yours,
            path + " belongs to another user: only the user who runs a program may look into it"};
  return {};
}

/// Writable if it may be, for a lease; a copy in a read-only place can be read all the same.
OpenFile open_file(const std::string& path, int& error) {
  OpenFile file(path, true, error);
  if (error == EACCES || error == EROFS || error == EPERM || error == ETXTBSY || error == EISDIR)
    file = OpenFile(path, false, error);
  return file;
}

bool written_by_the_living(const SessionHeader& header, const std::string& boot) {
  return boot == header.boot_id && writer_lives({header.pid, header.loop_number, header.process_start_ticks});
}

/// Is the file where programs put their sessions? Then it may be followed live even if that is no tmpfs.
bool in_session_directory(const std::string& path) {
  std::string error;
  const auto directory = session_directory(false, error);
  return !directory.empty() && path.compare(0, directory.size() + 1, directory + "/") == 0;
}

}  // namespace

struct Session::State {
  SessionHeader header{};
  std::string path;
  std::string boot = boot_id();
  const char* base = nullptr;
  SharedMemory memory;
  OpenFile file;        ///< only of a session that is mapped
  bool mapped = false;  ///< else a copy, or somebody else's memory
  NameReader names;
  TickScale scale;
  bool history_read = false;   ///< scale has the anchors of the file
  std::int64_t latest_ns = 0;  ///< no event is later; of a session that is mapped: as far as we have asked
  ViewerLease lease;

  template <typename Part>
  const Part& at(std::uint64_t offset) const {
    return *reinterpret_cast<const Part*>(base + offset);
  }
  OpenProblem load(const OpenFile::Facts& facts);
  /// From here on `base` is what is read.
  void read_at(const void* data);
  std::vector<LiveObject> objects(std::uint64_t offset, std::uint64_t count) const;
  [[nodiscard]] std::int64_t now_with_doubt() const;
  [[nodiscard]] std::int64_t latest() const;
  /// May it be written to while we read? A copy of a file may not.
  [[nodiscard]] bool follows() const { return mapped || path.empty(); }
};

Session::Session() : state_(std::make_unique<State>()) {}
Session::~Session() = default;

Session::Opened Session::open(const std::string& path) {
  int error = 0;
  auto file = open_file(path, error);
  const auto fail = [](const OpenProblem& problem) {
    return Opened{nullptr, problem.error, printable(problem.message)};
  };
  if (error != 0)
    return fail(explain_open(path, error));
  const auto facts = file.facts(error);
  if (error != 0)
    return fail(explain_open(path, error));
  if (auto problem = check_file(path, facts); problem.error != OpenError::none)
    return fail(problem);

  std::unique_ptr<Session> session(new Session);
  auto& state = *session->state_;
  state.path = path;
  state.file = std::move(file);
  if (auto problem = state.load(facts); problem.error != OpenError::none)
    return fail(problem);
  session->calibrate();
  state.latest_ns = state.latest();
  return {std::move(session), OpenError::none, ""};
}

Session::Opened Session::view(const void* data, std::uint64_t size_bytes) {
  std::unique_ptr<Session> session(new Session);
  auto& state = *session->state_;
  const auto header_bytes = std::min<std::uint64_t>(size_bytes, sizeof(SessionHeader));
  std::memcpy(&state.header, data, header_bytes);
  auto problem = check_header(state.header, header_bytes, size_bytes, "this memory");
  if (problem.error != OpenError::none)
    return {nullptr, problem.error, std::move(problem.message)};
  state.read_at(data);
  state.scale = TickScale(state.header.clock_source, state.header.anchor_first);
  session->calibrate();
  state.latest_ns = state.latest();
  return {std::move(session), OpenError::none, ""};
}

OpenProblem Session::State::load(const OpenFile::Facts& facts) {
  int error = 0;
  const auto copied = file.read(&header, 0, sizeof(header), error);
  if (error != 0)
    return {OpenError::unreadable, "cannot read " + path + ": " + std::strerror(error)};
  if (auto problem = check_header(header, copied, facts.size_bytes, path); problem.error != OpenError::none)
    return problem;
  scale = TickScale(header.clock_source, header.anchor_first);

  mapped = (facts.in_memory || in_session_directory(path)) && written_by_the_living(header, boot);
  if (mapped && header.size_bytes > kMostMappedBytes)
    return {OpenError::unreadable, path + " says that it has " + std::to_string(header.size_bytes >> 20U) +
                                       " MiB; no program makes a session of more than " +
                                       std::to_string(kMostMappedBytes >> 20U) + " MiB"};
  if (mapped) {
    memory = SharedMemory::map(file.descriptor(), 0, header.size_bytes, false, error);
    if (error != 0)
      return {OpenError::unreadable, "cannot map " + path + ": " + std::strerror(error)};
  } else {
    if (header.size_bytes > kMostCopiedBytes)
      return {OpenError::unreadable, path + " says that it has " + std::to_string(header.size_bytes >> 20U) +
                                         " MiB; of a session whose program has ended at most " +
                                         std::to_string(kMostCopiedBytes >> 20U) + " MiB are read"};
    memory = SharedMemory::anonymous(header.size_bytes, error);
    if (error != 0)
      return {OpenError::unreadable, "no memory to read " + path + ": " + std::strerror(error)};
    const auto read = file.read(memory.data(), 0, header.size_bytes, error);
    if (error != 0)
      return {OpenError::unreadable, "cannot read " + path + ": " + std::strerror(error)};
    if (read < header.size_bytes)
      return {OpenError::truncated, path + " was cut short while it was read: " + std::to_string(read) + " of " +
                                        std::to_string(header.size_bytes) + " bytes; open it again"};
    file = {};
  }
  read_at(memory.data());
  return {};
}

/// Times run ahead by as much as the clock drifts from the last anchor on.
std::int64_t Session::State::now_with_doubt() const {
  const auto now_ns = bounded_ns(monotonic_ns());
  const bool counter = header.clock_source == ClockSource::tsc;
  const auto anchor_ns = counter ? bounded_ns(scale.last_anchor().monotonic_ns) : now_ns;
  return now_ns + kClockDoubtNs + std::max<std::int64_t>(now_ns - anchor_ns, 0) / 1000;
}

/// Of a session of this boot: now. Of another one: its last anchor, or its newest event.
std::int64_t Session::State::latest() const {
  if (boot == header.boot_id)
    return now_with_doubt();
  const auto head = at<Counters>(header.counters_offset).head;
  const auto newest = (&at<Event>(header.ring_offset))[(head - 1) & (header.ring_events - 1)].ticks;
  const auto anchor_ns = bounded_ns(at<Present>(header.present_offset).anchor_last.monotonic_ns);
  return std::max(head == 0 ? 0 : scale.to_ns(newest), anchor_ns) + kClockDoubtNs;
}

void Session::State::read_at(const void* data) {
  base = static_cast<const char*>(data);
  names = NameReader(base + header.names_offset, header.names_bytes, at<Counters>(header.counters_offset));
}

const SessionHeader& Session::header() const {
  return state_->header;
}
const std::string& Session::path() const {
  return state_->path;
}

Session::PresentCopy Session::present() const {
  const auto& shared = state_->at<Present>(state_->header.present_offset);
  const auto& first_word = reinterpret_cast<const std::uint64_t&>(shared);
  // A writer needs some ten stores; one that has not finished after this many looks was stopped in the middle.
  constexpr int kLooks = 1000;
  PresentCopy copy{{}, true};
  for (int look = 0; look < kLooks && copy.torn; ++look) {
    const auto before = load_word(first_word, std::memory_order_acquire);
    load_words(shared, copy.present);
    std::atomic_thread_fence(std::memory_order_acquire);
    const bool writing = (static_cast<std::uint32_t>(before) & 1U) != 0;
    copy.torn = writing || before != load_word(first_word);
  }
  return copy;
}

Counters Session::counters() const {
  Counters copy{};
  load_words(state_->at<Counters>(state_->header.counters_offset), copy);
  return copy;
}

std::uint64_t Session::head() const {
  return load_word(state_->at<Counters>(state_->header.counters_offset).head, std::memory_order_acquire);
}

const Event* Session::ring() const {
  return &state_->at<Event>(state_->header.ring_offset);
}

Name Session::name(NameId id) const {
  return state_->names.read(id);
}

std::vector<LiveObject> Session::State::objects(std::uint64_t offset, std::uint64_t count) const {
  std::vector<LiveObject> found;
  const auto* slots = &at<ObjectSlot>(offset);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto id = load_word(slots[i].id, std::memory_order_acquire);
    if (id == 0)
      continue;
    ObjectSlot slot{};
    load_words(slots[i], slot);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (slot.id != id || load_word(slots[i].id) != id)
      continue;  // closed, or another's, while we looked
    found.push_back({id, scale.to_ns(slot.since_ticks), slot.name, static_cast<HandleKind>(slot.kind),
                     static_cast<std::int64_t>(slot.detail)});
  }
  return found;
}

std::vector<LiveObject> Session::handles() const {
  return state_->objects(state_->header.handle_slots_offset, state_->header.handle_slot_count);
}

std::vector<LiveObject> Session::tasks() const {
  return state_->objects(state_->header.task_slots_offset, state_->header.task_slot_count);
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
  if (t_ns > state.latest_ns && state.follows() && state.boot == state.header.boot_id)
    state.latest_ns = state.now_with_doubt();
  return std::max<std::int64_t>(t_ns - state.latest_ns, 0);
}

void Session::calibrate() {
  auto& state = *state_;
  if (state.header.clock_source != ClockSource::tsc)
    return;
  const bool same_clock = state.boot == state.header.boot_id && preferred_clock_source() == ClockSource::tsc;
  if (state.history_read && !state.follows())
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

bool Session::alive() const {
  // One byte that changes once, in a part that is whole words: a copy under no lock says it well enough.
  Present now{};
  load_words(state_->at<Present>(state_->header.present_offset), now);
  return now.ended == 0 && written_by_the_living(state_->header, state_->boot);
}

bool Session::take_lease(Level level) {
  return state_->mapped && state_->lease.take(state_->file, state_->header.control_offset, level);
}
void Session::renew_lease() {
  state_->lease.renew();
}
void Session::drop_lease() {
  state_->lease.drop();
}

}  // namespace loopscope::tracer

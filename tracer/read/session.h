#pragma once
/// The reading side's view of a session: live, dead, or a copied file.
///
/// Thread: one per object. Owner: of the open file or the copy, and of its lease. Errors: open() answers what is missing, in a
///   sentence for the user. Nothing in the file is trusted: every offset and length is checked against the
///   file's size before use; a file that shrinks under the reader must not crash it: nothing is mapped. The session of
///   a living program is read piece by piece as it is asked for, every other one is copied (up to kMostCopiedBytes).
///   One that is cut short while it is followed counts as ended, and what was read of it last stays.
/// Units: everything this class returns is CLOCK_MONOTONIC ns unless its name says ticks.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/format.h"
#include "tracer/read/name_reader.h"
#include "tracer/read/session_header.h"
#include "tracer/read/viewer_lease.h"

namespace loopscope::tracer {

inline constexpr std::uint64_t kMostCopiedBytes = 256U << 20U;

/// Readers follow a frame no further up than this.
inline constexpr int kMostFrames = 64;

struct OpenHandle {
  std::uint64_t id;
  std::int64_t since_ns;
  NameId name;
  HandleKind kind;
  std::uint8_t interest;  ///< kWatchesRead, kWatchesWrite; 0 also where it is not known
  std::int64_t fd;
};

/// A task that the program follows now.
struct OpenTask {
  std::uint64_t id;
  std::int64_t since_ns;
  NameId name;
  NameId given_name;  ///< kNoName: asyncio's own, "Task-`number`"; 0 there, too, if it is not known
  std::uint64_t number;
  std::int64_t stopped_ns;  ///< when its latest step stopped; 0: none has
  NameId frame;             ///< where it stands since then
  AwaitKind await_kind;
  std::uint64_t awaited;
};

class Session {
 public:
  struct Opened {
    std::unique_ptr<Session> session;  ///< null on error
    OpenError error = OpenError::none;
    std::string message;  ///< what was wrong, what was expected, what to do
  };
  static Opened open(const std::string& path);
  /// The bytes of a session that is already in memory (tests). Not owned.
  static Opened view(const void* data, std::uint64_t size_bytes);

  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] const SessionHeader& header() const;
  [[nodiscard]] const std::string& path() const;

  /// A consistent copy. If the writer died while writing, the copy is the torn one and `torn` is true.
  struct PresentCopy {
    Present present;
    bool torn;
  };
  [[nodiscard]] PresentCopy present() const;
  [[nodiscard]] Counters counters() const;
  [[nodiscard]] TrackCounts track_counts(Track track = Track::loop) const;
  [[nodiscard]] std::uint64_t head(Track track = Track::loop) const;  ///< acquire
  /// How many events the ring holds: at least 1, and less than it may hold while its memory is being taken.
  [[nodiscard]] std::uint64_t ring_length(Track track = Track::loop) const;
  /// How many it may hold.
  [[nodiscard]] std::uint64_t ring_capacity(Track track = Track::loop) const;
  /// Does the ring hold less than it may, for good, because the file system had no more room?
  [[nodiscard]] bool ring_is_short() const;
  /// Copies what stands in the ring's slots now; slot + count is at most ring_length(). RingReader knows what of it is whole.
  void copy_slots(std::uint64_t slot, std::uint64_t count, Event* into, Track track = Track::loop) const;
  [[nodiscard]] Name name(NameId id, Track track = Track::loop) const;
  [[nodiscard]] Frame frame(NameId id, Track track = Track::loop) const;
  [[nodiscard]] std::vector<OpenHandle> handles() const;
  [[nodiscard]] std::vector<OpenTask> tasks() const;

  /// Ticks to CLOCK_MONOTONIC ns by the anchors, bounded (tracer/read/trace_time.h). Call calibrate() now and then (each frame
  /// is fine): on the writer's own boot it takes an anchor of its own, so that a session a millisecond old has a good
  /// rate, and a suspend of the machine is noticed.
  [[nodiscard]] std::int64_t to_ns(std::uint64_t ticks) const;
  [[nodiscard]] std::int64_t duration_ns(std::uint64_t ticks) const;
  /// How much further the counter went than the clock between two stamps, because the machine stood still. Mostly 0.
  [[nodiscard]] std::int64_t jump_ns(std::uint64_t from_ticks, std::uint64_t to_ticks) const;
  /// How far a time lies beyond what can have happened yet; 0 if it may have.
  [[nodiscard]] std::int64_t ahead_of_now_ns(std::int64_t t_ns) const;
  /// False if the file alone does not tell how fast its clock ran: times are then ticks since the session began.
  [[nodiscard]] bool clock_known() const;
  void calibrate();

  /// True if the file was cut short or its header overwritten since it was opened. Nothing that it says means anything then.
  [[nodiscard]] bool damaged() const;
  /// Does its process still live, and still write it? See tracer/system/session_life.h. False if it is damaged.
  [[nodiscard]] bool alive() const;

  /// Asks the program to record at least `level` while this object lives and renews.
  /// Asked again it changes the level of the lease that is held. False if there is none to be had: lease() says why. Renew at
  /// least every 250 ms.
  bool take_lease(Level level);
  void renew_lease();
  void drop_lease();
  [[nodiscard]] LeaseState lease() const;

 private:
  Session();
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace loopscope::tracer

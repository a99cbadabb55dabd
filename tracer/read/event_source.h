#pragma once
/// A trace, wherever it lies: the one way to read it. A session (live, dead, or a copied file) is one.
///
///     header()            who wrote it, and how its loop is built
///     events(track)       what happened, in order, from the oldest event that is left
///     name(), frame()     the names that the events of a track use
///     to_ns() ...         its clock
///     present() ...       what is now, or was when it ended: as far as has_present()
///
/// Exports, analysis, the app and loopscope._trace read through this, and through EventStream, which decodes all tracks in order of
/// time.
/// Thread: one per object. Owner: of nothing here; cursors refer to their source, which outlives them. Errors: none. Whatever
///   does not stand there is empty or "?". Nothing that a source answers is trusted to make sense, but all of it is bounded.
/// Units: CLOCK_MONOTONIC ns unless a name says ticks.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "tracer/format.h"
#include "tracer/read/name_reader.h"

namespace loopscope::tracer {

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
  std::uint64_t id = 0;
  std::int64_t since_ns = 0;
  NameId name = kNoName;        ///< its coroutine's
  NameId given_name = kNoName;  ///< kNoName: asyncio's own, "Task-`number`"; 0 there, too, if it is not known
  std::uint64_t number = 0;
  std::int64_t stopped_ns = 0;  ///< when its latest step stopped; 0: none has
  NameId frame = kNoName;       ///< where it stands since then: EventSource::frames() gives the chain
  AwaitKind await_kind = AwaitKind::nothing;
  std::uint64_t awaited = 0;
};

/// A consistent copy. If the writer died while writing, the copy is the torn one and `torn` is true.
struct PresentCopy {
  Present present;
  bool torn;
};

/// How much of a track is kept.
struct RingSize {
  std::uint64_t
      length;  ///< events that it holds: at least 1, and less than it may while its memory is being taken
  std::uint64_t capacity;  ///< events that it may hold
  bool cut_short;          ///< it holds less than it may, for good, because the file system had no more room
};

/// Consecutive events of a track, as they were written.
struct EventBatch {
  std::vector<Event> events;  ///< in order, ticks non-decreasing
  std::uint64_t first_position = 0;
  std::uint64_t lost = 0;  ///< overwritten between the last batch and this one
};

/// Follows one track.
class TrackCursor {
 public:
  virtual ~TrackCursor() = default;
  TrackCursor(const TrackCursor&) = delete;
  TrackCursor& operator=(const TrackCursor&) = delete;

  /// At most `limit` events into `batch` (its vector is reused). False if there is nothing new and nothing lost.
  virtual bool read(EventBatch& batch, std::size_t limit) = 0;
  /// The position that is read next. Before the first batch: how many events the track had lost by then.
  [[nodiscard]] virtual std::uint64_t cursor() const = 0;
  [[nodiscard]] virtual std::uint64_t lost_total() const = 0;

 protected:
  TrackCursor() = default;
};

/// A position in each track.
using TrackPositions = std::array<std::uint64_t, kTrackCount>;
inline constexpr TrackPositions kNoEnd{UINT64_MAX, UINT64_MAX};

class EventSource {
 public:
  virtual ~EventSource() = default;
  EventSource(const EventSource&) = delete;
  EventSource& operator=(const EventSource&) = delete;

  [[nodiscard]] virtual const SessionHeader& header() const = 0;
  /// Does its process still live, and still write it?
  [[nodiscard]] virtual bool alive() const = 0;
  /// May there be more events later than now? False for a copy. Its times are then of this machine's clock, and none lies beyond now.
  [[nodiscard]] virtual bool may_grow() const = 0;

  [[nodiscard]] virtual std::unique_ptr<TrackCursor> events(Track track) const = 0;
  /// How many events were written so far.
  [[nodiscard]] virtual std::uint64_t head(Track track) const = 0;
  [[nodiscard]] virtual RingSize ring(Track track) const = 0;
  [[nodiscard]] TrackPositions heads() const;

  [[nodiscard]] virtual Name name(NameId id, Track track) const = 0;
  [[nodiscard]] virtual Frame frame(NameId id, Track track) const = 0;
  /// A frame and those above it, innermost first; at most kMostFrames.
  [[nodiscard]] std::vector<NameId> frames(NameId frame, Track track) const;

  // Of the loop's own track.
  [[nodiscard]] std::uint64_t head() const { return head(Track::loop); }
  [[nodiscard]] RingSize ring() const { return ring(Track::loop); }
  [[nodiscard]] TrackCounts track_counts() const { return track_counts(Track::loop); }
  [[nodiscard]] Name name(NameId id) const { return name(id, Track::loop); }
  [[nodiscard]] Frame frame(NameId id) const { return frame(id, Track::loop); }
  [[nodiscard]] std::vector<NameId> frames(NameId id) const { return frames(id, Track::loop); }

  /// Ticks to CLOCK_MONOTONIC ns, bounded (tracer/read/trace_time.h).
  [[nodiscard]] virtual std::int64_t to_ns(std::uint64_t ticks) const = 0;
  [[nodiscard]] virtual std::int64_t duration_ns(std::uint64_t ticks) const = 0;
  /// How much further the counter went than the clock between two stamps, because the machine stood still. Mostly 0.
  [[nodiscard]] virtual std::int64_t jump_ns(std::uint64_t from_ticks, std::uint64_t to_ticks) const = 0;
  /// How far a time lies beyond what can have happened yet; 0 if it may have.
  [[nodiscard]] virtual std::int64_t ahead_of_now_ns(std::int64_t t_ns) const = 0;
  /// False if there is nothing to tell how fast its clock ran: times are then ticks since the session began.
  [[nodiscard]] virtual bool clock_known() const = 0;

  /// False: what follows is all 0 and empty, and means that nothing is known.
  [[nodiscard]] virtual bool has_present() const = 0;
  [[nodiscard]] virtual PresentCopy present() const = 0;
  [[nodiscard]] virtual Counters counters() const = 0;
  [[nodiscard]] virtual TrackCounts track_counts(Track track) const = 0;
  [[nodiscard]] virtual std::vector<OpenHandle> handles() const = 0;
  [[nodiscard]] virtual std::vector<OpenTask> tasks() const = 0;

 protected:
  EventSource() = default;
};

}  // namespace loopscope::tracer

#pragma once
/// The reading side's view of a session: live, dead, or a copied file.
///
/// Thread: one per object. Owner: of the open file or the copy, and of its lease. Errors: open() answers what is missing, in a
///   sentence for the user. Nothing in the file is trusted: every offset and length is checked against the
///   file's size before use; a file that shrinks under the reader must not crash it: nothing is mapped. The session of
///   a living program is read piece by piece as it is asked for, every other one is copied.
///   One that is cut short while it is followed counts as ended, and what was read of it last stays.
/// Units: everything this class returns is CLOCK_MONOTONIC ns unless its name says ticks.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/format.h"
#include "tracer/read/event_source.h"
#include "tracer/read/session_header.h"
#include "tracer/read/viewer_lease.h"

namespace loopscope::tracer {

class Session final : public EventSource {
 public:
  struct Opened {
    std::unique_ptr<Session> session;  ///< null on error
    OpenError error = OpenError::none;
    std::string message;  ///< what was wrong, what was expected, what to do
  };
  static Opened open(const std::string& path);
  /// The bytes of a session that is already in memory (tests). Not owned.
  static Opened view(const void* data, std::uint64_t size_bytes);

  ~Session() override;

  [[nodiscard]] const std::string& path() const;

  using EventSource::frame;
  using EventSource::head;
  using EventSource::name;
  using EventSource::ring;
  using EventSource::track_counts;
  [[nodiscard]] const SessionHeader& header() const override;
  /// See tracer/system/session_life.h. False if it is damaged.
  [[nodiscard]] bool alive() const override;
  [[nodiscard]] bool may_grow() const override;
  [[nodiscard]] std::unique_ptr<TrackCursor> events(Track track) const override;
  [[nodiscard]] std::uint64_t head(Track track) const override;  ///< acquire
  [[nodiscard]] RingSize ring(Track track) const override;
  [[nodiscard]] Name name(NameId id, Track track) const override;
  [[nodiscard]] Frame frame(NameId id, Track track) const override;
  [[nodiscard]] std::int64_t to_ns(std::uint64_t ticks) const override;
  [[nodiscard]] std::int64_t duration_ns(std::uint64_t ticks) const override;
  [[nodiscard]] std::int64_t jump_ns(std::uint64_t from_ticks, std::uint64_t to_ticks) const override;
  [[nodiscard]] std::int64_t ahead_of_now_ns(std::int64_t t_ns) const override;
  [[nodiscard]] bool clock_known() const override;
  [[nodiscard]] bool has_present() const override { return true; }
  [[nodiscard]] PresentCopy present() const override;
  [[nodiscard]] Counters counters() const override;
  [[nodiscard]] TrackCounts track_counts(Track track) const override;
  [[nodiscard]] std::vector<OpenHandle> handles() const override;
  [[nodiscard]] std::vector<OpenTask> tasks() const override;

  /// How many events a track's ring holds now.
  [[nodiscard]] std::uint64_t ring_length(Track track = Track::loop) const;
  /// Copies what stands in the ring's slots now; slot + count is at most ring_length(). RingReader knows what of it is whole.
  void copy_slots(std::uint64_t slot, std::uint64_t count, Event* into, Track track = Track::loop) const;

  /// Keeps the clock's rate by anchors of its own. Call it now and then (each frame is fine): on the writer's own boot, a session
  /// a millisecond old gets a good rate, and a suspend of the machine is noticed.
  void calibrate();

  /// True if the file was cut short or its header overwritten since it was opened. Nothing that it says means anything then.
  [[nodiscard]] bool damaged() const;

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

#pragma once
/// What was so at any instant of a trace: moment_at(t), live, dead or recorded.
///
///     seed ──replay──→ key frame ──replay──→ key frame ──replay──→ now
///                          │ events of 32 bytes, as they were written, but stamped in ns
///                          └──→ at(t): the key frame before t, and the events up to t replayed on a copy of it
///
/// A key frame is a whole Moment. There is one for every kLeastEvents events or more: never so many that they need more memory than
/// the events themselves. So what at() costs is bounded by the events between two key frames, and does not grow with the trace.
///
/// Thread: one. Owner: of copies of the events; refers to an EventSource that outlives it. Errors: none. After a loss everything that
/// may have changed meanwhile is unknown again. Units: ns of CLOCK_MONOTONIC.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "tracer/analysis/moment.h"
#include "tracer/analysis/moment_seed.h"
#include "tracer/read/event_source.h"
#include "tracer/read/track_stream.h"

namespace loopscope::tracer {

class Moments {
 public:
  struct Limits {
    std::int64_t history_ns = 60'000'000'000;
    std::uint64_t most_bytes = 256U << 20U;
  };
  static constexpr std::size_t kLeastEvents = 8192;

  explicit Moments(const EventSource& source) : Moments(source, Limits{}) {}
  Moments(const EventSource& source, const Limits& limits);

  /// Reads the next batch, and nothing from position `end` of the loop's track on; the first time, all that there is. False if there
  /// is nothing new. What is older than the limits allow is forgotten.
  bool follow(std::uint64_t end = UINT64_MAX);

  /// The state after all events up to and including `t_ns`. Nothing if that lies before what is kept, or nothing was read.
  [[nodiscard]] std::optional<Moment> at(std::int64_t t_ns) const;
  /// The state after the latest event.
  [[nodiscard]] const Moment& now() const { return now_; }

  /// The times of the oldest and the newest event that are kept; 0 if there are none.
  [[nodiscard]] std::int64_t first_ns() const;
  [[nodiscard]] std::int64_t last_ns() const;
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] std::size_t key_frames() const { return stretches_.size(); }
  [[nodiscard]] std::uint64_t lost() const { return lost_; }
  /// About how much memory it takes.
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  /// A key frame and the events behind it.
  struct Stretch {
    Moment start;
    EventDecoder decoder;
    std::uint64_t first_position;
    bool after_loss;
    std::vector<Event> events;  ///< `ticks` are ns
    std::uint64_t frame_bytes;
  };
  void load(std::uint64_t end);
  void add_batch();
  void replay(const Event& event, std::uint64_t position);
  void begin_stretch(std::uint64_t position, bool after_loss);
  void lose();
  void forget();

  const EventSource& source_;
  Limits limits_;
  TrackStream stream_;
  EventDecoder decoder_;             ///< of what is kept
  std::vector<TraceEvent> batch_;    ///< scratch
  std::vector<TraceEvent> decoded_;  ///< scratch
  std::deque<Stretch> stretches_;
  Moment now_;
  bool loaded_ = false;
  std::uint64_t events_ = 0;
  std::uint64_t lost_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace loopscope::tracer

#pragma once
/// What held the loop for too long, as the watchdog saw it: since when, where in the program, and what its thread did.
///
///     loop       ──callback_begin───────────────────────callback_end──→    who it was, when it was over, who waited behind it
///     watchdog   ────────────────stall_begin──sample──sample──stall_end→   where it stood, and what its thread did
///
/// Feed it the decoded events of both tracks (Boundaries::all) in order. A stall is told as soon as the watchdog tells of it, and
/// again with each event that adds something. It knows a callback at level callbacks and above, and a task at level tasks.
///
/// Thread: one. Owner: of plain values; names stay ids, of the watchdog's track where they say so. It keeps the newest stalls, and
/// of each a bounded number of samples. Errors: none; what makes no sense is skipped, and what was lost is not known.
/// Units: ns of CLOCK_MONOTONIC.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tracer/format.h"
#include "tracer/read/trace_event.h"

namespace loopscope::tracer {

struct StallSample {
  std::int64_t t_ns = 0;
  ThreadDoing doing = ThreadDoing::unknown;
  NameId frame = kNoName;        ///< of the watchdog's track, innermost; kNoName: the stack was not read
  NameId system_call = kNoName;  ///< of the watchdog's track
  bool cut = false;              ///< the stack has more frames
  bool torn = false;             ///< it changed under each try to read it
};

/// A number that is known to lie between two others.
struct Between {
  std::int64_t least_ns = 0;
  std::int64_t most_ns = 0;
};

/// The callback that was open. Its name is of the loop's track.
struct StalledCallback {
  NameId name = kNoName;
  CallbackKind kind = CallbackKind::unknown;
  std::uint64_t object = 0;
};

/// The task whose step it was. given_name is of the loop's track; kNoName: asyncio's own, "Task-`number`".
struct StalledTask {
  std::uint64_t id = 0;
  NameId given_name = kNoName;
  std::uint64_t number = 0;
};

/// Who became ready before it was over, and began after it.
struct StallHarm {
  std::uint64_t waited = 0;
  std::int64_t harmed_ns = 0;  ///< the parts of all their waits in which it was open
};

enum class StallEnd : std::uint8_t {
  open,     ///< it goes on, or nothing tells of its end
  at_most,  ///< it was over by end_ns: when the watchdog looked again
  exact,
};

struct Stall {
  std::uint64_t number = 0;    ///< serial
  std::uint64_t revision = 0;  ///< of Stalls, when something was learnt of it last
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = 0;  ///< 0: open
  StallEnd end = StallEnd::open;
  std::optional<StallKind> kind;  ///< nothing: its begin was lost
  Phase phase = Phase::none;
  std::optional<StalledCallback> callback;
  std::optional<StalledTask> task;
  std::vector<StallSample> samples;
  std::uint64_t stride = 1;        ///< every so many-th sample is kept
  std::uint64_t samples_seen = 0;  ///< those that are not kept, too
  std::optional<Between> cpu;      ///< CPU time in it, up to known_ns
  std::optional<Between> delay;    ///< time in it without a CPU, though ready to run
  std::int64_t known_ns = 0;       ///< when the watchdog looked last
  std::optional<StallHarm> harm;   ///< nothing: callbacks were not recorded, or events were lost
  bool settled = false;            ///< nothing more will be learnt of it

  /// As far as is known.
  [[nodiscard]] std::int64_t held_ns() const { return (end_ns != 0 ? end_ns : known_ns) - begin_ns; }
};

class Stalls {
 public:
  static constexpr std::size_t kMostSamples = 64;
  explicit Stalls(std::size_t most = 256) : most_(most) {}

  void add(const TraceEvent& event);
  /// Events of this track were lost before the next one.
  void lose(Track track);

  /// The newest, oldest first.
  [[nodiscard]] const std::deque<Stall>& stalls() const { return stalls_; }
  [[nodiscard]] std::uint64_t revision() const { return revision_; }
  /// The one that goes on; null if there is none.
  [[nodiscard]] const Stall* open() const;
  /// The one that began then; null if there is none. The two tracks may differ by what the clock's refinement moves.
  [[nodiscard]] const Stall* beginning_at(std::int64_t begin_ns) const;

 private:
  /// Something in the loop's track that may become a stall, or was one.
  struct Span {
    StallKind kind = StallKind::phase;
    std::int64_t begin_ns = 0;
    std::int64_t end_ns = 0;
    bool inferred = false;
    StalledCallback callback;
  };
  /// Of one counter of the kernel, in the stall that goes on.
  struct Count {
    std::optional<std::int64_t> before;  ///< at the look before it
    std::optional<std::int64_t> inside;  ///< at the latest look in it
    std::int64_t inside_ns = 0;
    std::optional<Between> so_far(const Stall& stall, std::int64_t look_before_ns) const;
  };
  void add_of_loop(const TraceEvent& event);
  void add_of_watchdog(const TraceEvent& event);
  void open_span(StallKind kind, const TraceEvent& event, std::int64_t begin_ns);
  void close_span(std::optional<Span>& span, std::int64_t end_ns, bool inferred);
  void begin_callback(const TraceEvent& event);
  void wait_behind(const TraceEvent& event);
  void settle_before(std::int64_t t_ns, bool all);
  Stall& stall_of(const TraceEvent& event);
  void join(Stall& stall);
  void name(Stall& stall, const StalledCallback& callback) const;
  void end(Stall& stall, std::int64_t end_ns, StallEnd how);
  void sample(Stall& stall, const TraceEvent& event);
  void count(Stall& stall, const TraceEvent& event, Count& of, std::optional<Between> Stall::*known);
  void touch(Stall& stall) { stall.revision = ++revision_; }

  std::size_t most_;
  std::deque<Stall> stalls_;
  std::uint64_t numbers_ = 0;
  std::uint64_t revision_ = 0;
  // Of the stall that the watchdog told of last.
  std::int64_t look_before_ns_ = 0;
  bool sample_kept_ = false;  ///< the latest
  Count cpu_;
  Count delay_;
  // Of the loop's track.
  std::size_t depth_ = 0;  ///< of callbacks
  std::optional<Span> callback_;
  std::optional<Span> phase_;
  std::optional<Span> gil_wait_;
  std::deque<Span> ended_;  ///< long ones, lately: the watchdog's word may come after them
  std::uint64_t begun_callbacks_ = 0;
  std::uint64_t settle_at_callback_ = 0;
  std::unordered_map<std::uint64_t, StalledTask> tasks_;
};

}  // namespace loopscope::tracer

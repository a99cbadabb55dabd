#pragma once
/// One loop, as the watchdog sees it: what is open in it and since when, and what to write down of that.
///
///     look ─ nothing is open ──────────────→ look again after the threshold; asleep, if it sleeps in a poll or does not run
///       │
///       └─── open for less than it ────────→ look again when it reaches the threshold
///       │
///       └─── open for longer: a stall ─────→ begin, a sample of stack and thread; look again for the next sample
///
/// What is open follows from Present, which the loop writes anyway: being watched costs the loop nothing more.
/// A span that is open for longer than the threshold is sampled when it reaches it, and then at growing distances.
///
/// Thread: run() is called by the loop's thread, look() by the watchdog's. Owner: of its half of the track. Refers to the session
/// and the stacks, which outlive it. Errors: none.
/// Cost of a look without a stall: three system calls.

#include <atomic>
#include <cstdint>
#include <optional>

#include "tracer/format.h"
#include "tracer/write/anchors.h"
#include "tracer/write/followed_threads.h"
#include "tracer/write/stack_source.h"
#include "tracer/write/stall_report.h"
#include "tracer/write/stall_track.h"
#include "tracer/write/writable_session.h"

namespace loopscope::tracer {

inline constexpr std::uint64_t kDefaultStallThresholdNs = 25'000'000;
/// A lower one counts as this one.
inline constexpr std::uint64_t kLeastStallThresholdNs = 1'000'000;

/// What is open in a loop with this present; nothing if it sleeps, waits for the kernel, or does not run. Where callbacks are
/// recorded, nothing is open between two of them.
std::optional<OpenSpan> open_span(const Present& present);

class WatchedLoop {
 public:
  WatchedLoop(WritableSession& session, StackSource& stacks);

  /// The loop runs from now on, in the thread that calls this.
  void run(bool recorded);

  [[nodiscard]] LatestStall& latest_stall() { return latest_; }

  struct Look {
    std::uint64_t again_in_ns;
    bool asleep;  ///< as in the look before, and nobody needs to look again before it turns
  };
  Look look(FollowedThreads& threads);

 private:
  struct Stall {
    OpenSpan span;
    std::uint64_t next_sample_ticks;
  };
  [[nodiscard]] std::optional<Present> present() const;
  [[nodiscard]] std::uint64_t threshold_ns(const Present& present) const;
  [[nodiscard]] std::uint64_t ns_of(std::uint64_t ticks) const { return ticks * 1000 / clock_.ticks_of(1000); }
  void follow(FollowedThreads& threads);
  ThreadTimes read_times(std::uint64_t now);
  void note(const std::optional<OpenSpan>& open);
  void end_stall_unless(const std::optional<OpenSpan>& open);
  Look look_at(const OpenSpan& open, std::uint64_t threshold_ns);
  void begin_stall(const OpenSpan& open);
  void sample();
  [[nodiscard]] ThreadDoing doing(const StackCopy& stack, const std::optional<SystemCall>& call) const;

  WritableSession& session_;
  StackSource& stacks_;
  StallTrack track_;
  LatestStall latest_;
  Anchors clock_;
  std::atomic<std::uint64_t> thread_ = 0;  ///< that runs the loop

  // Of the watchdog's thread.
  std::uint64_t followed_ = 0;  ///< thread_, as of this look
  const FollowedThreads::Files* files_ =
      nullptr;                               ///< of that thread, during a look; null: the kernel does not say
  std::optional<ThreadState> thread_state_;  ///< at the latest sample. Nothing: the kernel does not say
  ThreadTimes times_;                        ///< at this look
  ThreadTimes previous_;                     ///< at the look before
  ThreadTimes before_;                       ///< at the latest look before what is open now began
  std::uint64_t open_since_ = 0;
  std::uint64_t slept_since_ = 0;  ///< as of this look; 0: the loop turns
  std::optional<Stall> stall_;
};

}  // namespace loopscope::tracer

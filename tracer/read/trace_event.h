#pragma once
/// Events as readers use them: times in ns, names by id, iterations numbered, boundaries explicit if wanted.
///
/// The ring holds only what was observed. An iteration's begin and end, and the end of the check phase, are seen
/// by nobody; the phases prepare, poll and check are told by the poll's events. With Boundaries::all the decoder
/// says them too:
///
///     the ring                what Boundaries::all adds around it
///     phase_begin timers      iteration_begin (inferred)          before the first phase of an iteration
///     phase_end timers
///     poll_begin              phase_begin prepare, phase_end prepare, phase_begin poll            before it
///     poll_end                phase_end poll, phase_begin check                                   after it
///     (next phase)            phase_end check (inferred), iteration_end (inferred)                before it
///
/// A new iteration begins with the first phase after a poll that does not come later in the session's phase
/// order than the phase before it; poll_begin states its number. (libuv 1.45 and later may run timers once before
/// the first iteration: they count to it.)
///
/// Thread: one per decoder. Owner: of nothing; names stay the source's. Errors: events it does not know are
/// passed through with their raw fields and never dropped.

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "tracer/format.h"

namespace loopscope::tracer {

class EventSource;

/// Types that only the decoder makes: no ring holds them.
inline constexpr EventType kIterationBegin{static_cast<EventType>(128)};  // iteration
inline constexpr EventType kIterationEnd{static_cast<EventType>(129)};    // iteration

constexpr bool is_derived(EventType type) {
  return type == kIterationBegin || type == kIterationEnd;
}

/// What is wrong with the time of an event, compared with the one before it.
enum class ClockFault : std::uint8_t {
  none,
  jumped,  ///< the counter went on while CLOCK_MONOTONIC stood still: a suspend, or a pause of a virtual machine
  went_back,   ///< its stamp is earlier than that of the event before
  impossible,  ///< its stamp lies in the future
};
std::string_view clock_fault_name(ClockFault fault);

/// The word for a decoded event's type.
std::string_view trace_event_name(EventType type);

/// One decoded event. Fields that a type does not use are 0. All times are bounded (tracer/read/trace_time.h).
struct TraceEvent {
  std::int64_t t_ns = 0;  ///< never earlier than that of the event before, see `clock`
  EventType type = EventType::none;
  Phase phase = Phase::none;
  Track track = Track::loop;  ///< whose ring it stands in, and whose names it has
  std::uint8_t kind = 0;      ///< as Event::kind; the functions below say it by type
  std::uint8_t flags =
      0;  ///< kFromQueue, kOtherThread, kNoticed; of a stall kStackCut, kStackTorn, kHoldsGil, kLookBefore
  bool inferred = false;  ///< nobody observed it: its time is that of the next event that somebody did
  NameId name = kNoName;
  std::uint64_t iteration = 0;  ///< the iteration it belongs to; 0 if not known
  std::uint64_t object =
      0;  ///< handle, timer or task id; the object of a callback; of a stall the ticks of its begin
  std::int64_t value = 0;  ///< bytes, file descriptor (handle_opened), timeout_ms (poll_begin), I/O events
                           ///< (poll_end), 1 if it slept (poll_wake), count (phase_begin, phase_end), thread
  ///< id (loop_start), pid of the viewer (level_changed), address (task_created), number
  ///< (queued, unqueued, task_named), descriptor (watch_changed), objects collected (gc_end),
  ///< thread id (stall_sample), ns of CPU time (stall_times), ns without a CPU (stall_delay)
  std::int64_t other_ns = 0;  ///< t_ready_ns (callback_begin), due_ns (timer_set, timer_fired), prepare_ns
                              ///< (poll_begin), gil_wait_ns (poll_wake); when a stall began (all events of one)
  std::uint64_t other =
      0;  ///< id of what is awaited (step_stopped), name of the details (mark, span_begin), objects
          ///< that are uncollectable (gc_end)
  std::int64_t third_ns = 0;   ///< of the look before (stall_begin); when it was over (stall_end)
  std::uint64_t position = 0;  ///< in the ring, of the event it was made from
  ClockFault clock = ClockFault::none;
  std::int64_t clock_ns =
      0;  ///< how far it jumped or went back, or lies in the future: `t_ns` is then the time before

  [[nodiscard]] PollReason poll_reason() const { return static_cast<PollReason>(kind); }
  [[nodiscard]] CallbackKind callback_kind() const { return static_cast<CallbackKind>(kind); }
  [[nodiscard]] HandleKind handle_kind() const { return static_cast<HandleKind>(kind); }
  [[nodiscard]] Level level() const { return static_cast<Level>(kind); }
  [[nodiscard]] TaskStart task_start() const { return static_cast<TaskStart>(kind); }
  [[nodiscard]] TaskEnd task_end() const { return static_cast<TaskEnd>(kind); }
  [[nodiscard]] Unqueued unqueued() const { return static_cast<Unqueued>(kind); }
  [[nodiscard]] AwaitKind await_kind() const { return static_cast<AwaitKind>(kind); }
  [[nodiscard]] JobKind job_kind() const { return static_cast<JobKind>(kind); }
  [[nodiscard]] JobEnd job_end() const { return static_cast<JobEnd>(kind); }
  [[nodiscard]] StallKind stall_kind() const { return static_cast<StallKind>(kind); }
  [[nodiscard]] ThreadDoing thread_doing() const { return static_cast<ThreadDoing>(kind); }
  [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

enum class Boundaries : std::uint8_t {
  observed,    ///< one TraceEvent for each event but clock anchors
  iterations,  ///< and the begin and end of each iteration
  all,         ///< as the picture above shows
};

/// What an event's `ticks` are.
enum class Stamps : std::uint8_t {
  ticks,  ///< as it was written
  ns,     ///< the `t_ns` that it was decoded to before
};

/// Turns events into TraceEvents, keeping what it must know from one to the next.
class EventDecoder {
 public:
  explicit EventDecoder(const EventSource& source, Boundaries boundaries = Boundaries::observed,
                        Track track = Track::loop, Stamps stamps = Stamps::ticks);
  /// Appends to `out`. Call with every event in order; after a loss call skipped() first.
  void decode(const Event& event, std::uint64_t position, std::vector<TraceEvent>& out);
  void skipped();

 private:
  using Out = std::vector<TraceEvent>;
  struct Time {
    std::int64_t ns;
    ClockFault fault;
    std::int64_t fault_ns;
  };
  [[nodiscard]] Time time_of(const Event& event) const;
  [[nodiscard]] int place_of(Phase phase) const;
  void before(const Event& event, std::int64_t t_ns, Out& out);
  void convert(const Event& event, std::int64_t t_ns, TraceEvent& to) const;
  void after(const Event& event, std::int64_t t_ns, Out& out);
  void poll_begins(const Event& event, std::int64_t t_ns, Out& out);
  void turn(int place, std::uint64_t number, std::int64_t t_ns, Out& out);
  void close(std::int64_t t_ns, Out& out);
  void enter(Phase phase, std::int64_t t_ns, Out& out);
  void leave(std::int64_t t_ns, bool inferred, Out& out);
  void derive(EventType type, Phase phase, std::int64_t t_ns, bool inferred, Out& out) const;

  const EventSource& source_;
  Track track_;
  Boundaries boundaries_;
  Stamps stamps_;
  std::array<int, kPhaseCount> places_{};  ///< of each phase in the session's order
  std::uint64_t position_ = 0;             ///< of the event at hand
  std::uint64_t iteration_ = 0;            ///< the latest that is known; 0: none yet, or lost
  bool number_known_ = false;              ///< iteration_ may be counted on from
  bool started_ = false;                   ///< the loop did: the next phase begins an iteration
  bool iteration_open_ = false;            ///< its beginning was seen
  bool polled_ = false;                    ///< it had its poll
  int place_ = kNoPlace;                   ///< of its latest phase
  Phase derived_phase_ = Phase::none;      ///< the phase whose end is ours to tell: prepare, poll or check
  std::int64_t last_ns_ = 0;               ///< time of the event before; 0: there is none
  std::uint64_t last_ticks_ = 0;           ///< its stamp
  static constexpr int kNoPlace = -1;
};

}  // namespace loopscope::tracer

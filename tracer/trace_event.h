#pragma once
/// Events as readers use them: times in ns, names looked up, iteration boundaries made explicit.
///
/// The ring holds only what was observed; DESIGN of the loop (docs/loop_iteration.md) says which boundaries
/// libuv lets nobody observe. The decoder adds those and marks them `inferred`.
/// Thread: one per decoder. Owner: of nothing; names stay the Session's. Errors: events it does not know are
/// passed through with their raw fields and never dropped.

#include <cstdint>
#include <vector>

#include "tracer/format.h"

namespace loopscope::tracer {

class Session;

/// One decoded event. Fields that a type does not use are 0.
struct TraceEvent {
  std::int64_t t_ns = 0;
  EventType type = EventType::none;
  Phase phase = Phase::none;
  std::uint8_t kind = 0;            ///< PollReason, CallbackKind, HandleKind or Level, as Event::kind
  NameId name = kNoName;
  std::uint64_t iteration = 0;      ///< the iteration it belongs to; 0 before the first is known
  std::uint64_t object = 0;         ///< handle, timer or task id
  std::int64_t value = 0;           ///< bytes, file descriptor, timeout_ms, count, depth: as the type says
  std::int64_t other_ns = 0;        ///< t_ready_ns (callback_begin), due_ns (timers), prepare_ns (poll_begin),
                                    ///< gil_wait_ns (poll_wake)
  std::uint64_t position = 0;       ///< in the ring
};

/// Turns batches of raw events into TraceEvents, keeping what it must know between batches.
class EventDecoder {
 public:
  explicit EventDecoder(const Session& session) : session_(session) {}
  /// Appends to `out`. Call with every event in order; after a loss call skipped() first.
  void decode(const Event& event, std::uint64_t position, std::vector<TraceEvent>& out);
  void skipped();

 private:
  const Session& session_;
  std::uint64_t iteration_ = 0;
};

}  // namespace loopscope::tracer

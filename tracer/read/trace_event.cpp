#include "tracer/read/trace_event.h"

#include <algorithm>
#include <utility>

#include "tracer/read/event_source.h"
#include "tracer/read/trace_time.h"
#include "tracer/words.h"

namespace loopscope::tracer {
namespace {

/// The rate of the clock is refined while we read: two conversions may disagree by this much.
constexpr std::int64_t kRefinedNs = 100'000;

/// A count, not a time.
std::int64_t as_count(std::uint64_t count) {
  return static_cast<std::int64_t>(std::min(count, std::uint64_t{INT64_MAX}));
}

/// A damaged file may name any phase.
Phase known(Phase phase) {
  return static_cast<std::size_t>(phase) < kPhaseCount ? phase : Phase::none;
}

}  // namespace

std::string_view clock_fault_name(ClockFault fault) {
  switch (fault) {
    case ClockFault::none:
      break;
    case ClockFault::jumped:
      return "jumped";
    case ClockFault::went_back:
      return "went_back";
    case ClockFault::impossible:
      return "impossible";
  }
  return "none";
}

std::string_view trace_event_name(EventType type) {
  if (type == kIterationBegin)
    return "iteration_begin";
  if (type == kIterationEnd)
    return "iteration_end";
  return event_name(type);
}

EventDecoder::EventDecoder(const EventSource& source, Boundaries boundaries, Track track, Stamps stamps)
    : source_(source), track_(track), boundaries_(boundaries), stamps_(stamps) {
  places_.fill(kNoPlace);
  int place = 0;
  for (const auto phase : source.header().phase_order) places_[phase] = place++;
}

void EventDecoder::skipped() {
  iteration_ = 0;
  number_known_ = started_ = iteration_open_ = polled_ = false;
  place_ = kNoPlace;
  derived_phase_ = Phase::none;
}

void EventDecoder::decode(const Event& event, std::uint64_t position, Out& out) {
  // From the first event of all, counting iterations needs no poll to tell the number.
  if (position == 0)
    number_known_ = true;
  if (event.type == EventType::clock_anchor)
    return;  // the session has read it; it is nothing that the loop did
  position_ = position;
  const auto time = time_of(event);
  before(event, time.ns, out);
  auto& converted = out.emplace_back();
  convert(event, time.ns, converted);
  converted.clock = time.fault;
  converted.clock_ns = time.fault_ns;
  after(event, time.ns, out);
  last_ns_ = time.ns;
  last_ticks_ = event.ticks;
}

EventDecoder::Time EventDecoder::time_of(const Event& event) const {
  if (stamps_ == Stamps::ns)
    return {std::max(bounded_ns(event.ticks), last_ns_), ClockFault::none, 0};
  const auto told_ns = source_.to_ns(event.ticks);
  if (const auto ahead_ns = source_.ahead_of_now_ns(told_ns); ahead_ns > 0)
    return {last_ns_, ClockFault::impossible, ahead_ns};
  // While the loop waits for the GIL other threads run, and a task that goes there is told of before the loop's waking.
  const auto waited_ns = event.type == EventType::poll_wake ? source_.duration_ns(event.a) : 0;
  if (last_ns_ - told_ns > add_ns(kRefinedNs, waited_ns))
    return {last_ns_, ClockFault::went_back, last_ns_ - told_ns};
  const auto jump_ns = last_ns_ == 0 ? 0 : source_.jump_ns(last_ticks_, event.ticks);
  return {std::max(told_ns, last_ns_), jump_ns == 0 ? ClockFault::none : ClockFault::jumped, jump_ns};
}

int EventDecoder::place_of(Phase phase) const {
  return places_[static_cast<std::size_t>(known(phase))];
}

void EventDecoder::before(const Event& event, std::int64_t t_ns, Out& out) {
  switch (event.type) {
    case EventType::loop_start:
    case EventType::loop_stop:
      close(t_ns, out);
      started_ = event.type == EventType::loop_start;
      break;
    case EventType::phase_begin:
      turn(place_of(event.phase), number_known_ ? iteration_ + 1 : 0, t_ns, out);
      place_ = place_of(event.phase);
      break;
    case EventType::poll_begin:
      poll_begins(event, t_ns, out);
      break;
    case EventType::poll_end:
      iteration_ = event.b;
      number_known_ = polled_ = true;
      break;
    case EventType::level_changed:
      // What is not recorded has no boundaries either.
      if (static_cast<Level>(event.kind) == Level::off)
        close(t_ns, out);
      break;
    default:
      break;
  }
}

void EventDecoder::convert(const Event& event, std::int64_t t_ns, TraceEvent& to) const {
  to.t_ns = t_ns;
  to.type = event.type;
  to.track = track_;
  to.phase = known(event.phase);
  to.kind = event.kind;
  to.flags = event.flags;
  to.name = event.name;
  to.iteration = iteration_;
  to.position = position_;
  switch (event.type) {
    case EventType::loop_start:
    case EventType::loop_stop:
      to.iteration = 0;
      [[fallthrough]];
    case EventType::phase_begin:
    case EventType::phase_end:
    case EventType::poll_end:
    case EventType::level_changed:
      to.value = as_count(event.a);
      break;
    case EventType::poll_begin:
      to.value = static_cast<std::int32_t>(static_cast<std::uint32_t>(event.b));
      to.other_ns = source_.duration_ns(event.b >> 32U);
      break;
    case EventType::poll_wake:
      to.other_ns = source_.duration_ns(event.a);
      to.value = event.b != 0 ? 1 : 0;
      break;
    case EventType::callback_begin:
      to.object = event.b;
      to.other_ns = (event.flags & kReadyIsNs) != 0 ? bounded_ns(event.a)
                    : event.a == 0                  ? 0
                                                    : source_.to_ns(event.a);
      break;
    case EventType::callback_end:
      to.object = event.b;
      break;
    case EventType::queued:
      to.object = event.b;
      to.value = as_count(event.a);
      break;
    case EventType::unqueued:
      to.value = as_count(event.a);
      break;
    case EventType::step_stopped:
    case EventType::span_begin:
      to.object = event.a;
      to.other = event.b;
      break;
    case EventType::gc_end:
      to.value = as_count(event.a);
      to.other = event.b;
      break;
    case EventType::mark:
      to.object = event.b;
      to.other = event.a;
      break;
    case EventType::stall_begin:
    case EventType::stall_end:
      to.object = event.a;
      to.other_ns = source_.to_ns(event.a);
      to.third_ns = source_.to_ns(event.b);
      break;
    case EventType::stall_sample:
    case EventType::stall_times:
    case EventType::stall_delay:
      to.object = event.a;
      to.other_ns = source_.to_ns(event.a);
      to.value = as_count(event.b);
      break;
    case EventType::timer_set:
    case EventType::timer_fired:
      to.object = event.a;
      to.other_ns = bounded_ns(event.b);
      break;
    default:
      to.object = event.a;
      to.value = static_cast<std::int64_t>(event.b);
      // A type of a damaged file must not pass for one of ours.
      if (is_derived(event.type))
        to.type = EventType::none;
      break;
  }
}

void EventDecoder::after(const Event& event, std::int64_t t_ns, Out& out) {
  if (event.type != EventType::poll_end)
    return;
  leave(t_ns, false, out);
  enter(Phase::check, t_ns, out);
}

void EventDecoder::poll_begins(const Event& event, std::int64_t t_ns, Out& out) {
  // A change of level is recorded between the two, and time does not go back.
  const auto prepare_ticks = event.b >> 32U;
  const auto prepare_ns = std::min(t_ns, std::max(t_ns - source_.duration_ns(prepare_ticks), last_ns_));
  turn(place_of(Phase::prepare), event.a, prepare_ns, out);
  iteration_ = event.a;
  number_known_ = true;
  if (prepare_ticks > 0)
    enter(Phase::prepare, prepare_ns, out);
  leave(t_ns, false, out);
  enter(Phase::poll, t_ns, out);
  polled_ = true;
}

/// The phase at `place` begins: ends what that ends, and begins iteration `number` if that is due.
void EventDecoder::turn(int place, std::uint64_t number, std::int64_t t_ns, Out& out) {
  leave(t_ns, true, out);
  const bool first_seen = place_ == kNoPlace && place == 0;
  const bool comes_round = place_ != kNoPlace && polled_ && place <= place_;
  if (!std::exchange(started_, false) && !first_seen && !comes_round)
    return;
  if (iteration_open_)
    derive(kIterationEnd, Phase::none, t_ns, true, out);
  iteration_ = number;
  iteration_open_ = true;
  polled_ = false;
  derive(kIterationBegin, Phase::none, t_ns, true, out);
}

/// The loop starts, stops, or is no longer recorded: what is open ends here.
void EventDecoder::close(std::int64_t t_ns, Out& out) {
  leave(t_ns, true, out);
  if (iteration_open_)
    derive(kIterationEnd, Phase::none, t_ns, true, out);
  iteration_open_ = polled_ = false;
  place_ = kNoPlace;
}

void EventDecoder::enter(Phase phase, std::int64_t t_ns, Out& out) {
  derived_phase_ = phase;
  place_ = place_of(phase);
  derive(EventType::phase_begin, phase, t_ns, false, out);
}

void EventDecoder::leave(std::int64_t t_ns, bool inferred, Out& out) {
  if (derived_phase_ != Phase::none)
    derive(EventType::phase_end, derived_phase_, t_ns, inferred, out);
  derived_phase_ = Phase::none;
}

void EventDecoder::derive(EventType type, Phase phase, std::int64_t t_ns, bool inferred, Out& out) const {
  if (boundaries_ == Boundaries::observed || (boundaries_ == Boundaries::iterations && !is_derived(type)))
    return;
  auto& event = out.emplace_back();
  event.t_ns = t_ns;
  event.type = type;
  event.phase = phase;
  event.inferred = inferred;
  event.iteration = iteration_;
  event.position = position_;
}

}  // namespace loopscope::tracer

#include "tracer/trace_event.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tracer/session.h"
#include "tracer/words.h"

namespace loopscope::tracer {
namespace {

std::int64_t as_ns(std::uint64_t ns) {
  return static_cast<std::int64_t>(std::min(ns, std::uint64_t{INT64_MAX}));
}

bool is_known(EventType type) {
  return static_cast<std::size_t>(type) < words::kEvents.size();
}

}  // namespace

std::string_view trace_event_name(EventType type) {
  if (type == kIterationBegin)
    return "iteration_begin";
  if (type == kIterationEnd)
    return "iteration_end";
  return event_name(type);
}

EventDecoder::EventDecoder(const Session& session, Boundaries boundaries)
    : session_(session), boundaries_(boundaries) {}

void EventDecoder::skipped() {
  iteration_ = 0;
  number_known_ = started_ = iteration_open_ = polled_ = false;
  place_ = -1;
  last_ns_ = INT64_MIN;
  derived_phase_ = Phase::none;
}

void EventDecoder::decode(const Event& event, std::uint64_t position, Out& out) {
  // From the first event of all, counting iterations needs no poll to tell the number.
  if (position == 0)
    number_known_ = true;
  const auto decoded = convert(event, position);
  add(decoded, out);
  last_ns_ = decoded.t_ns;
}

void EventDecoder::add(TraceEvent decoded, Out& out) {
  switch (decoded.type) {
    case EventType::loop_start:
    case EventType::loop_stop:
      close(decoded, out);
      started_ = decoded.type == EventType::loop_start;
      decoded.iteration = 0;
      break;
    case EventType::phase_begin:
      turn(decoded, decoded.t_ns, out);
      place_ = place_of(decoded.phase);
      decoded.iteration = iteration_;
      break;
    case EventType::poll_begin:
      return poll_begin(decoded, out);
    case EventType::poll_end:
      return poll_end(decoded, out);
    case EventType::level_changed:
      // What is not recorded has no boundaries either.
      if (static_cast<Level>(decoded.kind) == Level::off)
        close(decoded, out);
      break;
    default:
      break;
  }
  out.push_back(decoded);
}

TraceEvent EventDecoder::convert(const Event& event, std::uint64_t position) const {
  TraceEvent to;
  to.t_ns = session_.to_ns(event.ticks);
  to.type = event.type;
  to.phase = static_cast<std::size_t>(event.phase) < kPhaseCount ? event.phase : Phase::none;
  to.kind = event.kind;
  to.name = event.name;
  to.iteration = iteration_;
  to.position = position;
  switch (event.type) {
    case EventType::loop_start:
    case EventType::phase_begin:
    case EventType::phase_end:
    case EventType::level_changed:
      to.value = as_ns(event.a);
      break;
    case EventType::poll_begin:
      to.iteration = event.a;
      to.value = static_cast<std::int32_t>(static_cast<std::uint32_t>(event.b));
      to.other_ns = session_.duration_ns(event.b >> 32U);
      break;
    case EventType::poll_wake:
      to.other_ns = session_.duration_ns(event.a);
      to.value = event.b != 0 ? 1 : 0;
      break;
    case EventType::poll_end:
      to.value = as_ns(event.a);
      to.iteration = event.b;
      break;
    case EventType::callback_begin:
      to.object = event.b;
      to.other_ns = (event.flags & kReadyIsNs) != 0 ? as_ns(event.a) : event.a == 0 ? 0 : session_.to_ns(event.a);
      break;
    case EventType::callback_end:
      to.object = event.b;
      break;
    case EventType::timer_set:
    case EventType::timer_fired:
      to.object = event.a;
      to.other_ns = as_ns(event.b);
      break;
    default:
      to.object = event.a;
      to.value = static_cast<std::int64_t>(event.b);
      // A type of a damaged file must not pass for one of ours.
      if (!is_known(event.type) && (event.type == kIterationBegin || event.type == kIterationEnd))
        to.type = EventType::none;
      break;
  }
  return to;
}

int EventDecoder::place_of(Phase phase) const {
  const auto& order = session_.header().phase_order;
  const auto* found = std::find(std::begin(order), std::end(order), static_cast<std::uint8_t>(phase));
  return found == std::end(order) ? -1 : static_cast<int>(found - std::begin(order));
}

void EventDecoder::poll_begin(TraceEvent event, Out& out) {
  // A change of level is recorded between the two, and time does not go back.
  const auto prepare_ns = std::min(event.t_ns, std::max(event.t_ns - event.other_ns, last_ns_));
  auto cause = event;
  cause.phase = Phase::prepare;
  turn(cause, prepare_ns, out);
  iteration_ = event.iteration;
  number_known_ = true;
  if (event.other_ns > 0)
    enter(Phase::prepare, event, prepare_ns, out);
  leave(event, event.t_ns, false, out);
  enter(Phase::poll, event, event.t_ns, out);
  polled_ = true;
  out.push_back(event);
}

void EventDecoder::poll_end(const TraceEvent& event, Out& out) {
  iteration_ = event.iteration;
  number_known_ = polled_ = true;
  out.push_back(event);
  leave(event, event.t_ns, false, out);
  enter(Phase::check, event, event.t_ns, out);
}

/// Before `cause`, which says that its phase begins at `t_ns`: ends what that ends, begins what that begins.
void EventDecoder::turn(const TraceEvent& cause, std::int64_t t_ns, Out& out) {
  leave(cause, t_ns, true, out);
  const auto place = place_of(cause.phase);
  const bool first_seen = place_ < 0 && place == 0;
  const bool comes_round = place_ >= 0 && polled_ && place <= place_;
  if (!std::exchange(started_, false) && !first_seen && !comes_round)
    return;
  if (iteration_open_)
    derive(kIterationEnd, Phase::none, cause, t_ns, true, out);
  iteration_ = number_known_ ? iteration_ + 1 : 0;
  if (cause.type == EventType::poll_begin)
    iteration_ = cause.iteration;
  iteration_open_ = true;
  polled_ = false;
  derive(kIterationBegin, Phase::none, cause, t_ns, true, out);
}

void EventDecoder::enter(Phase phase, const TraceEvent& cause, std::int64_t t_ns, Out& out) {
  derived_phase_ = phase;
  place_ = place_of(phase);
  derive(EventType::phase_begin, phase, cause, t_ns, false, out);
}

void EventDecoder::leave(const TraceEvent& cause, std::int64_t t_ns, bool inferred, Out& out) {
  if (derived_phase_ == Phase::none)
    return;
  derive(EventType::phase_end, derived_phase_, cause, t_ns, inferred, out);
  derived_phase_ = Phase::none;
}

/// The loop starts, stops, or is no longer recorded: what is open ends here.
void EventDecoder::close(const TraceEvent& cause, Out& out) {
  leave(cause, cause.t_ns, true, out);
  if (iteration_open_)
    derive(kIterationEnd, Phase::none, cause, cause.t_ns, true, out);
  iteration_open_ = polled_ = false;
  place_ = -1;
}

void EventDecoder::derive(EventType type, Phase phase, const TraceEvent& cause, std::int64_t t_ns, bool inferred,
                          Out& out) const {
  if (boundaries_ == Boundaries::observed)
    return;
  TraceEvent event;
  event.t_ns = t_ns;
  event.type = type;
  event.phase = phase;
  event.inferred = inferred;
  event.iteration = iteration_;
  event.position = cause.position;
  out.push_back(event);
}

}  // namespace loopscope::tracer

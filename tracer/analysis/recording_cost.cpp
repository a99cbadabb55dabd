#include "tracer/analysis/recording_cost.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace loopscope::tracer {
namespace {

Recorded callback_of(CallbackKind kind) {
  switch (kind) {
    case CallbackKind::task_step:
      return Recorded::task_step;
    case CallbackKind::timer:
      return Recorded::timer_callback;
    case CallbackKind::unknown:
    case CallbackKind::soon:
    case CallbackKind::threadsafe:
    case CallbackKind::signal:
    case CallbackKind::future_done:
    case CallbackKind::internal:
      return Recorded::queued_callback;
    default:
      return Recorded::io_callback;
  }
}

/// Nothing for an event whose cost is part of the event that began the pair.
std::optional<Recorded> price_of(const TraceEvent& event) {
  switch (event.type) {
    case EventType::poll_begin:
      return Recorded::iteration;
    case EventType::phase_begin:
      return Recorded::phase;
    case EventType::callback_begin:
      return callback_of(event.callback_kind());
    case EventType::timer_set:
    case EventType::timer_fired:
    case EventType::timer_cancelled:
      return Recorded::timer;
    case EventType::bytes_read:
    case EventType::bytes_written:
      return Recorded::transfer;
    case EventType::handle_opened:
    case EventType::handle_closed:
    case EventType::task_created:
    case EventType::task_done:
      return Recorded::object;
    case EventType::poll_wake:
    case EventType::poll_end:
    case EventType::phase_end:
    case EventType::callback_end:
      return std::nullopt;
    default:
      return Recorded::other;
  }
}

}  // namespace

void RecordedCounts::add(const TraceEvent& event) {
  if (is_derived(event.type))
    return;
  ++events;
  if (const auto what = price_of(event))
    ++of[static_cast<std::size_t>(*what)];
}

void RecordedCounts::merge(const RecordedCounts& other) {
  for (std::size_t i = 0; i < of.size(); ++i) of[i] += other.of[i];
  events += other.events;
  lost += other.lost;
}

std::uint64_t RecordedCounts::callbacks() const {
  return count(Recorded::queued_callback) + count(Recorded::task_step) + count(Recorded::timer_callback) +
         count(Recorded::io_callback);
}

void RecordedCounts::add_counted(double callbacks_counted, double io_events) {
  // Counters are read at other moments than events: where callbacks have events, a difference of a few means nothing.
  if (callbacks() > 0 || lost > 0)
    return;
  const auto all = static_cast<std::uint64_t>(std::llround(std::max(callbacks_counted, 0.0)));
  const auto io = std::min(all, static_cast<std::uint64_t>(std::llround(std::max(io_events, 0.0))));
  of[static_cast<std::size_t>(Recorded::counted_io)] += io;
  of[static_cast<std::size_t>(Recorded::counted)] += all - io;
}

RecordingCost recording_cost(const RecordedCounts& counts, const RecordingCosts& costs) {
  RecordingCost cost;
  for (std::size_t i = 0; i < counts.of.size(); ++i) cost.ns += static_cast<double>(counts.of[i]) * costs.ns[i];
  cost.events = static_cast<double>(counts.events + counts.lost);
  cost.known = counts.events > 0 || counts.lost == 0;
  if (counts.events > 0)
    cost.ns *= cost.events / static_cast<double>(counts.events);
  return cost;
}

}  // namespace loopscope::tracer

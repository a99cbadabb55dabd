#include "tracer/write/stall_track.h"

namespace loopscope::tracer {
namespace {

std::uint8_t flags_of(const StackCopy& stack) {
  return static_cast<std::uint8_t>((stack.cut ? kStackCut : 0) | (stack.read == StackRead::torn ? kStackTorn : 0) |
                                   (stack.loop_holds_lock ? kHoldsGil : 0));
}

}  // namespace

bool StallTrack::open() {
  if (opened_)
    return true;
  auto ring = session_.ring(Track::watchdog);
  if (!ring.reach(PartMemory::kPageBytes))
    return false;
  auto& counts = session_.track_counts(Track::watchdog);
  ring_ = RingWriter(ring, &counts.head);
  names_ = NameInterner(session_.names(Track::watchdog), &counts);
  return opened_ = true;
}

void StallTrack::begin(const OpenSpan& span, const ThreadTimes& before, std::uint64_t now) {
  if (!open())
    return;
  ring_.write({now, EventType::stall_begin, span.phase, static_cast<std::uint8_t>(span.kind), 0, kNoName,
               span.since_ticks, before.at_ticks});
  if (before.at_ticks != 0)
    write_times(span, before, kNoName, kLookBefore, now);
}

void StallTrack::sample(const OpenSpan& span, ThreadDoing doing, const StackCopy& stack,
                        std::string_view system_call, const ThreadTimes& times) {
  if (!open())
    return;
  ring_.write({times.at_ticks, EventType::stall_sample, span.phase, static_cast<std::uint8_t>(doing),
               flags_of(stack), intern(stack.frames), span.since_ticks, stack.thread});
  write_times(span, times, names_.intern_text(system_call), 0, times.at_ticks);
}

void StallTrack::end(const OpenSpan& span, const ThreadTimes& times) {
  if (!open())
    return;
  write_times(span, times, kNoName, 0, times.at_ticks);
  ring_.write({times.at_ticks, EventType::stall_end, span.phase, static_cast<std::uint8_t>(span.kind), 0, kNoName,
               span.since_ticks, times.at_ticks});
}

void StallTrack::write_times(const OpenSpan& span, const ThreadTimes& times, NameId system_call,
                             std::uint8_t flags, std::uint64_t now) {
  if (times.cpu_ns)
    ring_.write(
        {now, EventType::stall_times, Phase::none, 0, flags, system_call, span.since_ticks, *times.cpu_ns});
  if (times.delay_ns)
    ring_.write({now, EventType::stall_delay, Phase::none, 0, flags, kNoName, span.since_ticks, *times.delay_ns});
}

/// From the outermost on: a frame names its caller, which stands before it in the table.
NameId StallTrack::intern(std::span<const StackFrame> frames) {
  NameId caller = kNoName;
  for (auto at = frames.rbegin(); at != frames.rend(); ++at) {
    const NameId function = names_.intern_function(at->function, at->file, at->first_line);
    caller = names_.intern_frame(caller, function, at->line);
  }
  return caller;
}

}  // namespace loopscope::tracer

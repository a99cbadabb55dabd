#include "tracer/export/event_details.h"

#include <cstdio>

#include "tracer/export/jsonl.h"
#include "tracer/read/printable.h"
#include "tracer/words.h"

namespace loopscope::tracer {

std::string duration(std::int64_t ns) {
  char text[32];
  if (ns < 10'000)
    std::snprintf(text, sizeof(text), "%lld ns", static_cast<long long>(ns));
  else if (ns < 10'000'000)
    std::snprintf(text, sizeof(text), "%.1f us", static_cast<double>(ns) / 1e3);
  else
    std::snprintf(text, sizeof(text), "%.1f ms", static_cast<double>(ns) / 1e6);
  return text;
}

std::string function(const EventSource& source, NameId id, Track track) {
  return id == kNoName ? "(no name)" : printable(describe_function(source, id, track));
}

std::string chain(const EventSource& source, NameId frame, Track track) {
  const auto frames = source.frames(frame, track);
  std::string words;
  for (const NameId at : frames) words += (words.empty() ? "" : " < ") + function(source, at, track);
  return words.empty() ? "not known where" : words + (frames.size() == std::size_t{kMostFrames} ? " < ..." : "");
}

namespace {

std::string due(const TraceEvent& timer) {
  if (timer.other_ns == 0)
    return "due by the program's clock";
  const std::int64_t left_ns = timer.other_ns - timer.t_ns;
  return left_ns >= 0 ? "due in " + duration(left_ns) : "due since " + duration(-left_ns);
}

std::string elsewhere(const TraceEvent& event) {
  return event.has(kOtherThread) ? ", in another thread" : "";
}

std::string interest(std::uint8_t bits) {
  if ((bits & (kWatchesRead | kWatchesWrite)) == 0)
    return "nothing";
  return (bits & kWatchesRead) == 0 ? "write" : (bits & kWatchesWrite) == 0 ? "read" : "read and write";
}

std::string_view when_it_began(const TraceEvent& event) {
  return event.has(kNoticed) ? ", noticed only now" : "";
}

std::string queue_details(const EventSource& source, const TraceEvent& event) {
  const auto number = std::to_string(event.value);
  if (event.type == EventType::unqueued)
    return number + ", " + std::string(unqueued_name(event.unqueued()));
  return number + ", " + function(source, event.name, event.track) + ", " +
         std::string(callback_kind_name(event.callback_kind())).append(when_it_began(event));
}

std::string task_details(const EventSource& source, const TraceEvent& event) {
  const auto id = std::to_string(event.object);
  if (event.type == EventType::task_named)
    return id + ", " +
           (event.name == kNoName ? std::string("Task-").append(std::to_string(event.value))
                                  : function(source, event.name, event.track));
  if (event.await_kind() == AwaitKind::nothing)
    return id + ", is done";
  return id + ", in " + chain(source, event.name, event.track) + ", awaits " +
         std::string(await_kind_name(event.await_kind())) +
         (event.other == 0 ? "" : " " + std::to_string(event.other));
}

std::string job_details(const EventSource& source, const TraceEvent& event) {
  const auto id = std::to_string(event.object);
  if (event.type == EventType::job_ended)
    return id + ", " + std::string(job_end_name(event.job_end()));
  return id + ", " + function(source, event.name, event.track) +
         (event.type == EventType::job_queued ? ", " + std::string(job_kind_name(event.job_kind())) : "");
}

std::string words_of_program(const EventSource& source, const TraceEvent& event) {
  const auto id = event.object == 0 ? "" : std::to_string(event.object) + ", ";
  const auto more = event.other == 0 ? "" : ", " + function(source, static_cast<NameId>(event.other), event.track);
  return (event.type == EventType::mark ? "" : id) + function(source, event.name, event.track) + more;
}

std::string stall_details(const EventSource& source, const TraceEvent& event) {
  const auto open = duration(event.t_ns - event.other_ns);
  const std::string_view look = event.has(kLookBefore) ? ", at the look before" : "";
  switch (event.type) {
    case EventType::stall_begin:
      return std::string(stall_kind_name(event.stall_kind())) + ", open for " + open;
    case EventType::stall_end:
      return std::string(stall_kind_name(event.stall_kind())) + ", at most " +
             duration(event.third_ns - event.other_ns);
    case EventType::stall_times:
      return "CPU " + duration(event.value) +
             (event.name == kNoName ? "" : ", in " + function(source, event.name, event.track)).append(look);
    case EventType::stall_delay:
      return "without a CPU " + duration(event.value).append(look);
    default:
      break;
  }
  const auto stack =
      event.has(kStackTorn) ? "the stack changed while it was read" : chain(source, event.name, event.track);
  return "after " + open + ", " + std::string(thread_doing_name(event.thread_doing())) + ", thread " +
         std::to_string(event.value) + ", " + stack + (event.has(kStackCut) ? " < ..." : "");
}

}  // namespace

std::string event_details(const EventSource& source, const TraceEvent& event) {
  const auto number = [](auto value) { return std::to_string(value); };
  if (is_derived(event.type))
    return number(event.iteration);
  switch (event.type) {
    case EventType::loop_start:
      return "thread " + number(event.value);
    case EventType::phase_begin:
      return std::string(phase_name(event.phase)) + (event.value != 0 ? ", waiting " + number(event.value) : "");
    case EventType::phase_end:
      return std::string(phase_name(event.phase)) + (event.value != 0 ? ", callbacks " + number(event.value) : "");
    case EventType::poll_begin:
      return number(event.value) + " ms, " + std::string(reason_name(event.poll_reason())) +
             (event.name == kNoName ? "" : ", " + function(source, event.name, event.track));
    case EventType::poll_wake:
      return std::string(event.value != 0 ? "slept" : "did not sleep") + ", GIL wait " + duration(event.other_ns);
    case EventType::poll_end:
      return "I/O events " + number(event.value);
    case EventType::callback_begin:
      return function(source, event.name, event.track) + ", " +
             std::string(callback_kind_name(event.callback_kind())) +
             (event.other_ns == 0 ? "" : ", waited " + duration(event.t_ns - event.other_ns));
    case EventType::callback_end:
      return function(source, event.name, event.track);
    case EventType::timer_set:
    case EventType::timer_fired:
      return (number(event.object) + ", " + due(event) + ", " + function(source, event.name, event.track))
          .append(when_it_began(event));
    case EventType::timer_cancelled:
      return number(event.object) + ", " + function(source, event.name, event.track);
    case EventType::handle_opened:
      return number(event.object) + ", " + std::string(handle_kind_name(event.handle_kind())) + ", fd " +
             number(event.value) + ", " + function(source, event.name, event.track);
    case EventType::handle_closed:
      return number(event.object) + ", " + std::string(handle_kind_name(event.handle_kind()));
    case EventType::handle_closing:
      return number(event.object) + ", fd " + number(event.value);
    case EventType::bytes_read:
    case EventType::bytes_written:
      return "handle " + number(event.object) + ", " + number(event.value) + " bytes";
    case EventType::task_created:
      return number(event.object) + ", " + function(source, event.name, event.track) +
             (event.task_start() == TaskStart::noticed ? ", noticed only now" : "");
    case EventType::task_done:
      return number(event.object) + ", " + function(source, event.name, event.track) +
             (event.task_end() == TaskEnd::destroyed ? ", destroyed while it was pending" : "");
    case EventType::level_changed:
      return std::string(level_name(event.level())) +
             (event.value != 0 ? ", asked by " + number(event.value) : "");
    case EventType::loop_stop:
    case EventType::wakeup:
      return "";
    case EventType::queued:
    case EventType::unqueued:
      return queue_details(source, event);
    case EventType::step_stopped:
    case EventType::task_named:
      return task_details(source, event);
    case EventType::watch_changed:
      return number(event.object) + ", fd " + number(event.value) + ", " +
             interest(event.kind).append(when_it_began(event));
    case EventType::gc_begin:
      return "generation " + number(event.kind) + elsewhere(event);
    case EventType::gc_end:
      return "generation " + number(event.kind) + ", collected " + number(event.value) +
             (event.other != 0 ? ", uncollectable " + number(event.other) : "") + elsewhere(event);
    case EventType::job_queued:
    case EventType::job_begun:
    case EventType::job_ended:
      return job_details(source, event);
    case EventType::mark:
    case EventType::span_begin:
    case EventType::span_end:
      return words_of_program(source, event);
    case EventType::stall_begin:
    case EventType::stall_sample:
    case EventType::stall_times:
    case EventType::stall_delay:
    case EventType::stall_end:
      return stall_details(source, event);
    case EventType::pause_begin:
    case EventType::pause_end:
      return "reason " + number(event.kind);
    default:
      return "type " + number(static_cast<int>(event.type)) + ", name " + number(event.name) + ", a " +
             number(event.object) + ", b " + number(event.value);
  }
}

}  // namespace loopscope::tracer

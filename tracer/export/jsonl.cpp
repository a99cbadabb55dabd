#include "tracer/export/jsonl.h"

#include <utility>

#include "tracer/export/event_details.h"
#include "tracer/export/json_text.h"
#include "tracer/export/trace_walk.h"
#include "tracer/words.h"

namespace loopscope::tracer {
namespace {

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

void add_function(JsonObject& line, const EventSource& source, NameId id, Track track) {
  if (id == kNoName)
    return void(line.null("name"));
  const auto name = source.name(id, track);
  line.text("name", name.function);
  if (name.file.empty())
    return void(line.null("file").null("line"));
  line.text("file", name.file).number("line", name.line);
}

void add_poll_begin(JsonObject& line, const EventSource& source, const TraceEvent& event) {
  line.number("timeout_ms", event.value).text("reason", reason_name(event.poll_reason()));
  if (event.name == kNoName)
    line.null("culprit");
  else
    line.text("culprit", describe_function(source, event.name, event.track));
  line.number("prepare_ns", event.other_ns);
}

void add_callback(JsonObject& line, const EventSource& source, const TraceEvent& event) {
  add_function(line, source, event.name, event.track);
  line.text("kind", callback_kind_name(event.callback_kind()));
  if (event.type == EventType::callback_begin) {
    if (event.other_ns == 0)
      line.null("t_ready_ns");
    else
      line.number("t_ready_ns", event.other_ns);
  }
  if (event.object != 0)
    line.id("object", event.object);
}

void add_handle(JsonObject& line, const EventSource& source, const TraceEvent& event) {
  line.id("handle", event.object).text("kind", handle_kind_name(event.handle_kind()));
  if (event.type != EventType::handle_opened)
    return;
  line.number("fd", event.value);
  add_function(line, source, event.name, event.track);
}

void add_timer(JsonObject& line, const EventSource& source, const TraceEvent& event) {
  line.id("timer", event.object);
  if (event.type != EventType::timer_cancelled) {
    if (event.other_ns == 0)
      line.null("due_ns");
    else
      line.number("due_ns", event.other_ns);
  }
  if (event.type == EventType::timer_set)
    line.truth("noticed", event.has(kNoticed));
  add_function(line, source, event.name, event.track);
}

void add_task(JsonObject& line, const EventSource& source, const TraceEvent& event) {
  line.id("task", event.object);
  if (event.type == EventType::task_created)
    line.id("address", static_cast<std::uint64_t>(event.value))
        .truth("noticed", event.task_start() == TaskStart::noticed);
  else
    line.truth("destroyed", event.task_end() == TaskEnd::destroyed);
  add_function(line, source, event.name, event.track);
}

void add_queue(JsonObject& line, const EventSource& source, const TraceEvent& event) {
  line.number("number", event.value);
  if (event.type == EventType::unqueued)
    return void(line.text("how", unqueued_name(event.unqueued())));
  line.text("kind", callback_kind_name(event.callback_kind()))
      .truth("noticed", event.has(kNoticed))
      .truth("other_thread", event.has(kOtherThread));
  if (event.object != 0)
    line.id("object", event.object);
  add_function(line, source, event.name, event.track);
}

/// Innermost first. A function stands at its own line, and not at the first one.
void add_chain(JsonObject& line, const EventSource& source, NameId frame, Track track) {
  std::string words;
  for (const NameId at : source.frames(frame, track))
    words += (words.empty() ? "" : " < ") + describe_function(source, at, track);
  if (words.empty())
    line.null("stands");
  else
    line.text("stands", words);
}

void add_step_stopped(JsonObject& line, const EventSource& source, const TraceEvent& event) {
  line.id("task", event.object).text("awaits", await_kind_name(event.await_kind()));
  if (event.other != 0)
    line.id("awaited", event.other);
  add_chain(line, source, event.name, event.track);
}

void add_given_name(JsonObject& line, const EventSource& source, const TraceEvent& event) {
  line.id("task", event.object);
  if (event.name == kNoName)
    line.text("task_name", "Task-" + std::to_string(event.value));
  else
    line.text("task_name", source.name(event.name, event.track).function);
}

void add_job(JsonObject& line, const EventSource& source, const TraceEvent& event) {
  line.id("job", event.object);
  if (event.type == EventType::job_queued)
    line.text("kind", job_kind_name(event.job_kind()));
  if (event.type == EventType::job_ended)
    return void(line.text("end", job_end_name(event.job_end())));
  add_function(line, source, event.name, event.track);
}

void add_words(JsonObject& line, const EventSource& source, const TraceEvent& event) {
  line.text("text", source.name(event.name, event.track).function);
  if (event.object != 0)
    line.id(event.type == EventType::mark ? "task" : "span", event.object);
  if (event.other != 0)
    line.text("details", source.name(static_cast<NameId>(event.other), event.track).function);
}

void add_gc(JsonObject& line, const TraceEvent& event) {
  line.number("generation", event.kind).truth("other_thread", event.has(kOtherThread));
  if (event.type == EventType::gc_end)
    line.number("collected", event.value).id("uncollectable", event.other);
}

void add_stall(JsonObject& line, const EventSource& source, const TraceEvent& event) {
  line.number("since_ns", event.other_ns);
  switch (event.type) {
    case EventType::stall_begin:
      return void(line.text("kind", stall_kind_name(event.stall_kind())).number("look_before_ns", event.third_ns));
    case EventType::stall_end:
      return void(line.text("kind", stall_kind_name(event.stall_kind())).number("over_by_ns", event.third_ns));
    case EventType::stall_times:
      line.number("cpu_ns", event.value).truth("look_before", event.has(kLookBefore));
      return event.name == kNoName ? void(line.null("system_call"))
                                   : void(line.text("system_call", source.name(event.name, event.track).function));
    case EventType::stall_delay:
      return void(line.number("without_cpu_ns", event.value).truth("look_before", event.has(kLookBefore)));
    default:
      break;
  }
  line.text("doing", thread_doing_name(event.thread_doing()))
      .number("thread", event.value)
      .truth("holds_gil", event.has(kHoldsGil))
      .truth("torn", event.has(kStackTorn))
      .truth("cut", event.has(kStackCut));
  add_chain(line, source, event.name, event.track);
}

void add_unknown(JsonObject& line, const TraceEvent& event) {
  line.id("type_number", static_cast<std::uint8_t>(event.type))
      .id("kind", event.kind)
      .id("name_id", event.name)
      .id("a", event.object)
      .number("b", event.value);
}

void add_own_fields(JsonObject& line, const EventSource& source, const TraceEvent& event) {
  switch (event.type) {
    case EventType::loop_stop:
    case EventType::wakeup:
      return;
    case EventType::loop_start:
      return void(line.number("thread", event.value));
    case EventType::phase_begin:
      return void(line.number("waiting", event.value));
    case EventType::phase_end:
      return void(line.number("callbacks", event.value));
    case EventType::poll_begin:
      return add_poll_begin(line, source, event);
    case EventType::poll_wake:
      return void(line.number("gil_wait_ns", event.other_ns).truth("slept", event.value != 0));
    case EventType::poll_end:
      return void(line.number("events", event.value));
    case EventType::callback_begin:
    case EventType::callback_end:
      return add_callback(line, source, event);
    case EventType::timer_set:
    case EventType::timer_fired:
    case EventType::timer_cancelled:
      return add_timer(line, source, event);
    case EventType::handle_opened:
    case EventType::handle_closed:
      return add_handle(line, source, event);
    case EventType::handle_closing:
      return void(line.id("handle", event.object).number("fd", event.value));
    case EventType::bytes_read:
    case EventType::bytes_written:
      return void(line.id("handle", event.object).number("bytes", event.value));
    case EventType::task_created:
    case EventType::task_done:
      return add_task(line, source, event);
    case EventType::queued:
    case EventType::unqueued:
      return add_queue(line, source, event);
    case EventType::step_stopped:
      return add_step_stopped(line, source, event);
    case EventType::task_named:
      return add_given_name(line, source, event);
    case EventType::watch_changed:
      return void(line.id("handle", event.object)
                      .number("fd", event.value)
                      .truth("reads", (event.kind & kWatchesRead) != 0)
                      .truth("writes", (event.kind & kWatchesWrite) != 0)
                      .truth("noticed", event.has(kNoticed)));
    case EventType::gc_begin:
    case EventType::gc_end:
      return add_gc(line, event);
    case EventType::job_queued:
    case EventType::job_begun:
    case EventType::job_ended:
      return add_job(line, source, event);
    case EventType::mark:
    case EventType::span_begin:
    case EventType::span_end:
      return add_words(line, source, event);
    case EventType::stall_begin:
    case EventType::stall_sample:
    case EventType::stall_times:
    case EventType::stall_delay:
    case EventType::stall_end:
      return add_stall(line, source, event);
    case EventType::pause_begin:
    case EventType::pause_end:
      return void(line.number("reason", event.kind));
    case EventType::level_changed:
      return void(line.text("level", level_name(event.level())).number("viewer_pid", event.value));
    default:
      return add_unknown(line, event);
  }
}

}  // namespace

std::string describe_function(const EventSource& source, NameId id, Track track) {
  if (id == kNoName)
    return "";
  const auto name = source.name(id, track);
  std::string words(name.function);
  if (!name.file.empty())
    words.append(1, ' ').append(base_name(name.file)).append(1, ':').append(std::to_string(name.line));
  return words;
}

void JsonlWriter::write(const TraceEvent& event) {
  JsonObject line(line_);
  line.number("t_ns", event.t_ns)
      .text("type", trace_event_name(event.type))
      .text("phase", phase_name(event.phase));
  if (event.iteration != 0)
    line.id("iteration", event.iteration);
  if (event.inferred)
    line.truth("inferred", true);
  if (event.clock != ClockFault::none)
    line.text("clock", clock_fault_name(event.clock)).number("clock_ns", event.clock_ns);
  if (!is_derived(event.type))
    add_own_fields(line, source_, event);
  line.end();
  out_ << line_;
}

void JsonlWriter::lost(std::uint64_t count, std::optional<std::int64_t> next_ns) {
  JsonObject line(line_);
  if (next_ns)
    line.number("t_ns", *next_ns);
  else
    line.null("t_ns");
  line.text("type", "lost").null("phase").id("count", count).end();
  out_ << line_;
}

std::uint64_t write_jsonl(const EventSource& source, std::ostream& out) {
  JsonlWriter writer(source, out);
  std::uint64_t lines = 0;
  std::uint64_t lost = 0;
  const auto write_lost = [&](std::optional<std::int64_t> next_ns) {
    if (lost == 0)
      return;
    writer.lost(std::exchange(lost, 0), next_ns);
    ++lines;
  };
  walk_trace(
      source, Boundaries::all,
      [&](const TraceEvent& event) {
        write_lost(event.t_ns);
        writer.write(event);
        ++lines;
      },
      [&](std::uint64_t count) { lost += count; });
  write_lost({});
  return lines;
}

}  // namespace loopscope::tracer

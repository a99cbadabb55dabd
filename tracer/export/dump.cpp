#include "tracer/export/dump.h"

#include <cstdio>
#include <string>
#include <string_view>

#include "tracer/export/event_details.h"
#include "tracer/export/trace_walk.h"
#include "tracer/read/printable.h"
#include "tracer/read/trace_time.h"
#include "tracer/words.h"

namespace loopscope::tracer {
namespace {

constexpr int kLabelWidth = 14;
constexpr int kMostIndent = 20;

std::string milliseconds(std::int64_t ns) {
  char text[32];
  std::snprintf(text, sizeof(text), "%14.6f", static_cast<double>(ns) / 1e6);
  return text;
}

template <typename Value>
void fact(std::ostream& out, std::string_view label, const Value& value) {
  out << label << std::string(label.size() < kLabelWidth ? kLabelWidth - label.size() : 1, ' ') << value << '\n';
}

std::string not_recorded(Level level) {
  return "not recorded at level " + std::string(level_name(level));
}

/// A fact that is recorded from level `from` on, for a program that records at `now` and wants `now.own_level` itself.
/// A total of 0 does not say that nothing happened if nobody counted.
struct Recorded {
  Level from;
  const Present& now;

  [[nodiscard]] std::string state(const std::string& words) const {
    return now.level >= from ? words : not_recorded(now.level);
  }
  [[nodiscard]] std::string total(const std::string& words, bool nothing) const {
    if (now.level < from)
      return nothing ? not_recorded(now.level) : words + ", and " + not_recorded(now.level);
    return now.own_level < from ? words + ", as far as a viewer had it recorded" : words;
  }
  [[nodiscard]] std::string total(std::uint64_t count) const { return total(std::to_string(count), count == 0); }
};

void dump_header(const EventSource& source, std::ostream& out) {
  const auto& header = source.header();
  fact(out, "session",
       std::to_string(header.pid) + "." + std::to_string(header.loop_number) +
           (source.alive() ? " (live)" : " (dead)"));
  fact(out, "program", printable(header.program));
  fact(out, "python", printable(header.python_version));
  fact(out, "libuv", printable(header.libuv_version));
  std::string order;
  for (const auto phase : header.phase_order)
    order += (order.empty() ? "" : ", ") + std::string(phase_name(static_cast<Phase>(phase)));
  fact(out, "phases", order);
  const auto ring = source.ring();
  fact(out, "ring",
       ring.cut_short ? std::to_string(ring.length) + " of " + std::to_string(ring.capacity) +
                            " events: its file system had no more memory"
                      : std::to_string(ring.capacity) + " events");
  const bool tsc = header.clock_source == ClockSource::tsc;
  fact(out, "clock",
       std::string(tsc ? "time stamp counter" : "monotonic") +
           (source.clock_known() ? "" : ", rate unknown: times are ticks"));
}

void dump_present(const EventSource& source, std::ostream& out) {
  const auto [now, torn] = source.present();
  const bool raised = now.level != now.own_level;
  fact(out, "level",
       std::string(level_name(now.level)) +
           (raised ? ", raised by a viewer from " + std::string(level_name(now.own_level)) : ""));
  fact(out, "running", now.running != 0 ? "yes" : "no");
  const Recorded phases{Level::phases, now};
  // That the loop does not run is recorded at any level.
  const std::string phase(phase_name(now.phase));
  fact(out, "phase",
       (now.running != 0 ? phases.state(phase) : phase) +
           (torn ? " (torn: the program stopped while writing)" : ""));
  fact(out, "iteration", phases.total(now.iteration));
  if (now.iteration != 0 && now.level >= Level::phases)
    fact(out, "latest poll",
         std::to_string(now.poll_timeout_ms) + " ms, " + std::string(reason_name(now.poll_reason)) +
             (now.poll_culprit == kNoName ? "" : ", " + function(source, now.poll_culprit)));
  if (now.callback_depth != 0)
    fact(out, "callback",
         function(source, now.callback_name) + " (" + std::string(callback_kind_name(now.callback_kind)) +
             ", depth " + std::to_string(now.callback_depth) + ")");
  else if (now.level < Level::callbacks)
    fact(out, "callback", not_recorded(now.level));
  fact(out, "ready", phases.state(std::to_string(now.ready_depth)));
  fact(out, "timers", phases.state(std::to_string(now.timers_pending)));
  for (const auto& handle : source.handles())
    fact(out, "handle",
         std::to_string(handle.id) + " " + std::string(handle_kind_name(handle.kind)) + ", fd " +
             std::to_string(handle.fd) + ", " + function(source, handle.name));
  if (now.level < Level::phases)
    fact(out, "handles", not_recorded(now.level));
  for (const auto& task : source.tasks())
    fact(out, "task", std::to_string(task.id) + " " + function(source, task.name));
  if (now.level < Level::tasks)
    fact(out, "tasks", not_recorded(now.level));
}

void dump_counters(const EventSource& source, std::ostream& out) {
  const auto totals = source.counters();
  const auto now = source.present().present;
  const Recorded phases{Level::phases, now};
  const Recorded tasks{Level::tasks, now};
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  fact(out, "events", source.head());
  fact(out, "iterations", phases.total(totals.iterations));
  fact(out, "callbacks", phases.total(totals.callbacks));
  fact(out, "I/O events", phases.total(totals.io_events));
  fact(out, "bytes",
       phases.total(number(totals.bytes_read) + " read, " + number(totals.bytes_written) + " written",
                    totals.bytes_read + totals.bytes_written == 0));
  fact(out, "timers",
       phases.total(number(totals.timers_set) + " set, " + number(totals.timers_fired) + " fired, " +
                        number(totals.timers_cancelled) + " cancelled",
                    totals.timers_set + totals.timers_fired + totals.timers_cancelled == 0));
  fact(out, "handles",
       phases.total(number(totals.handles_opened) + " opened, " + number(totals.handles_closed) + " closed",
                    totals.handles_opened + totals.handles_closed == 0));
  fact(out, "tasks",
       tasks.total(number(totals.tasks_created) + " followed, " + number(totals.tasks_done) + " done (" +
                       number(totals.tasks_destroyed) + " of them destroyed while pending), " +
                       number(totals.tasks_live) + " live",
                   totals.tasks_created + totals.tasks_done == 0));
  fact(out, "asleep", phases.total(duration(source.duration_ns(totals.poll_sleep_ticks)), totals.iterations == 0));
  fact(out, "GIL waits",
       phases.total(duration(source.duration_ns(totals.gil_wait_ticks)), totals.iterations == 0));
  if (const auto lost = source.track_counts().names_lost; lost != 0)
    fact(out, "names lost", lost);
  if (totals.slots_lost != 0)
    fact(out, "slots lost", totals.slots_lost);
  if (totals.memory_refused != 0)
    fact(out, "memory refused", totals.memory_refused);
}

/// How to read the events.
void dump_legend(const EventSource& source, std::ostream& out) {
  out << (source.clock_known()
              ? "The first column is ms since the session was created."
              : "The first column is millions of ticks since the session was created, a duration in "
                "\"ns\" is in ticks: the clock's rate is not known.")
      << " ~ marks what nobody observed: it is inferred from the events around it.\n";
  const auto level = source.present().present.level;
  if (source.has_present() && level < Level::tasks)
    out << "At level " << level_name(level) << " the program records no "
        << (level == Level::off      ? "events"
            : level == Level::phases ? "callbacks, timers, bytes and tasks"
                                     : "tasks")
        << ".\n";
}

/// What is wrong with the event's time, for people.
std::string clock_fault(const TraceEvent& event) {
  switch (event.clock) {
    case ClockFault::none:
      break;
    case ClockFault::jumped:
      return event.clock_ns < 0 ? "the machine's counter started again"
                                : "the machine stood still for " + duration(event.clock_ns);
    case ClockFault::went_back:
      return "the next time goes back by " + duration(event.clock_ns);
    case ClockFault::impossible:
      return "the next time lies " + duration(event.clock_ns) + " in the future";
  }
  return "";
}

bool opens(EventType type) {
  return type == EventType::phase_begin || type == EventType::callback_begin || type == kIterationBegin;
}
bool closes(EventType type) {
  return type == EventType::phase_end || type == EventType::callback_end || type == kIterationEnd;
}

void dump_events(const EventSource& source, std::ostream& out) {
  const auto start = bounded_ns(source.header().created_monotonic_ns);
  int depth = 0;
  const auto on_event = [&](const TraceEvent& event) {
    if (event.clock != ClockFault::none)
      out << std::string(14, ' ') << "   (" << clock_fault(event) << ")\n";
    if (closes(event.type) && depth > 0)
      --depth;
    const std::string indent(2 * static_cast<std::size_t>(std::min(depth, kMostIndent)), ' ');
    out << milliseconds(event.t_ns - start) << (event.inferred ? " ~ " : "   ") << indent
        << trace_event_name(event.type);
    const auto own = event_details(source, event);
    out << (own.empty() ? "" : " ") << own << '\n';
    if (opens(event.type))
      ++depth;
  };
  const auto on_lost = [&](std::uint64_t count) {
    depth = 0;
    out << std::string(14, ' ') << "   (" << count << " events were overwritten)\n";
  };
  walk_trace(source, Boundaries::all, on_event, on_lost);
}

}  // namespace

void write_dump(const EventSource& source, std::ostream& out, const DumpOptions& options) {
  if (options.facts) {
    dump_header(source, out);
    out << '\n';
    if (source.has_present()) {
      dump_present(source, out);
      out << '\n';
      dump_counters(source, out);
    } else {
      fact(out, "present", "not known: this trace has only what happened");
    }
  }
  if (options.facts && options.events) {
    out << '\n';
    dump_legend(source, out);
  }
  if (options.events)
    dump_events(source, out);
}

}  // namespace loopscope::tracer

#pragma once
/// The words for the numbers of tracer/format.h: one spelling for the app, the exports and Python.
/// Thread: any. Errors: a number that this version does not know is called "unknown".

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tracer/format.h"

namespace loopscope::tracer {

namespace words {
inline constexpr std::string_view kUnknown = "unknown";
inline constexpr std::array<std::string_view, 4> kLevels{"off", "phases", "callbacks", "tasks"};
inline constexpr std::array<std::string_view, kPhaseCount> kPhases{"none",    "timers", "pending", "idle",
                                                                   "prepare", "poll",   "check",   "closing"};
inline constexpr std::array<std::string_view, 9> kReasons{
    kUnknown,    "stopping",    "closing_handles", "ready_callbacks", "nothing_to_wait_for",
    "timer_due", "until_timer", "forever",         "not_waiting"};
inline constexpr std::array<std::string_view, 20> kCallbackKinds{kUnknown,
                                                                 "soon",
                                                                 "threadsafe",
                                                                 "timer",
                                                                 "task_step",
                                                                 "reader",
                                                                 "writer",
                                                                 "signal",
                                                                 "accept",
                                                                 "connection_made",
                                                                 "data_received",
                                                                 "buffer_updated",
                                                                 "eof_received",
                                                                 "connection_lost",
                                                                 "pause_writing",
                                                                 "resume_writing",
                                                                 "datagram_received",
                                                                 "error_received",
                                                                 "future_done",
                                                                 "internal"};
inline constexpr std::array<std::string_view, 9> kHandleKinds{
    kUnknown, "watcher", "tcp", "unix_stream", "listener", "udp", "pipe", "process", "wakeup"};
inline constexpr std::array<std::string_view, 43> kEvents{"none",
                                                          "loop_start",
                                                          "loop_stop",
                                                          "phase_begin",
                                                          "phase_end",
                                                          "poll_begin",
                                                          "poll_wake",
                                                          "poll_end",
                                                          "callback_begin",
                                                          "callback_end",
                                                          "timer_set",
                                                          "timer_fired",
                                                          "timer_cancelled",
                                                          "handle_opened",
                                                          "handle_closed",
                                                          "bytes_read",
                                                          "bytes_written",
                                                          "task_created",
                                                          "task_done",
                                                          "wakeup",
                                                          "level_changed",
                                                          "clock_anchor",
                                                          "queued",
                                                          "unqueued",
                                                          "step_stopped",
                                                          "task_named",
                                                          "watch_changed",
                                                          "gc_begin",
                                                          "gc_end",
                                                          "job_queued",
                                                          "job_begun",
                                                          "job_ended",
                                                          "mark",
                                                          "span_begin",
                                                          "span_end",
                                                          "pause_begin",
                                                          "pause_end",
                                                          "handle_closing",
                                                          "stall_begin",
                                                          "stall_sample",
                                                          "stall_times",
                                                          "stall_delay",
                                                          "stall_end"};
inline constexpr std::array<std::string_view, 3> kUnqueued{"cancelled", "runs", "cleared"};
inline constexpr std::array<std::string_view, 9> kAwaits{"nothing", kUnknown, "again", "future", "task",
                                                         "gather",  "sleep",  "job",   "handle"};
inline constexpr std::array<std::string_view, 2> kJobKinds{"executor", "lookup"};
inline constexpr std::array<std::string_view, 3> kJobEnds{"returned", "raised", "cancelled"};
inline constexpr std::array<std::string_view, 3> kStallKinds{"callback", "phase", "gil_wait"};
inline constexpr std::array<std::string_view, 6> kThreadDoings{
    kUnknown, "on_cpu", "waiting_for_cpu", "waiting_for_gil", "in_system_call", "collecting"};
inline constexpr std::array<std::string_view, kTrackCount> kTracks{"loop", "watchdog"};

template <std::size_t kCount>
constexpr std::string_view at(const std::array<std::string_view, kCount>& table, std::size_t number) {
  return number < kCount ? table[number] : kUnknown;
}
}  // namespace words

constexpr std::string_view level_name(Level level) {
  return words::at(words::kLevels, static_cast<std::size_t>(level));
}
constexpr std::string_view phase_name(Phase phase) {
  return words::at(words::kPhases, static_cast<std::size_t>(phase));
}
constexpr std::string_view reason_name(PollReason reason) {
  return words::at(words::kReasons, static_cast<std::size_t>(reason));
}
constexpr std::string_view callback_kind_name(CallbackKind kind) {
  return words::at(words::kCallbackKinds, static_cast<std::size_t>(kind));
}
constexpr std::string_view handle_kind_name(HandleKind kind) {
  return words::at(words::kHandleKinds, static_cast<std::size_t>(kind));
}
constexpr std::string_view unqueued_name(Unqueued how) {
  return words::at(words::kUnqueued, static_cast<std::size_t>(how));
}
constexpr std::string_view await_kind_name(AwaitKind kind) {
  return words::at(words::kAwaits, static_cast<std::size_t>(kind));
}
constexpr std::string_view job_kind_name(JobKind kind) {
  return words::at(words::kJobKinds, static_cast<std::size_t>(kind));
}
constexpr std::string_view job_end_name(JobEnd end) {
  return words::at(words::kJobEnds, static_cast<std::size_t>(end));
}
constexpr std::string_view stall_kind_name(StallKind kind) {
  return words::at(words::kStallKinds, static_cast<std::size_t>(kind));
}
constexpr std::string_view thread_doing_name(ThreadDoing doing) {
  return words::at(words::kThreadDoings, static_cast<std::size_t>(doing));
}
constexpr std::string_view track_name(Track track) {
  return words::at(words::kTracks, static_cast<std::size_t>(track));
}
/// Of the events in a ring; tracer/read/trace_event.h adds two of its own.
constexpr std::string_view event_name(EventType type) {
  return words::at(words::kEvents, static_cast<std::size_t>(type));
}

/// The level that people call `word`; nothing if there is none.
constexpr std::optional<Level> parse_level(std::string_view word) {
  for (std::size_t i = 0; i < words::kLevels.size(); ++i)
    if (words::kLevels[i] == word)
      return static_cast<Level>(i);
  return std::nullopt;
}

}  // namespace loopscope::tracer

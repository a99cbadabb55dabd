#pragma once
/// Events as lines of JSON: one object a line, fields by name, always valid JSON whatever a name holds.
///
/// `t_ns` is CLOCK_MONOTONIC; every line has t_ns, type and phase, and its iteration where that is known. What is not known is
/// null. The fields of each type: docs/trace_format.md.
/// Thread: one. Owner: of nothing. Errors: those of the stream.

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "tracer/read/event_source.h"
#include "tracer/read/trace_event.h"

namespace loopscope::tracer {

/// "heartbeat chat.py:41": a function as people say it. Empty if the id has no name.
std::string describe_function(const EventSource& source, NameId id, Track track = Track::loop);

class JsonlWriter {
 public:
  JsonlWriter(const EventSource& source, std::ostream& out) : source_(source), out_(out) {}
  void write(const TraceEvent& event);
  /// `count` events were overwritten before they could be read. They happened before `next_ns`, the time of the event that is
  /// written next, and the line has that time. If no event follows, `next_ns` is empty and the time null.
  void lost(std::uint64_t count, std::optional<std::int64_t> next_ns);

 private:
  const EventSource& source_;
  std::ostream& out_;
  std::string line_;
};

/// Everything that the ring holds now, oldest first, with all boundaries. Answers the number of lines.
/// Events that were overwritten before are a "lost" line at the top.
std::uint64_t write_jsonl(const EventSource& source, std::ostream& out);

}  // namespace loopscope::tracer

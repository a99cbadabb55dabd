#pragma once
/// How numbers, names and places are written, the same everywhere. Names are made printable (tracer/read/printable.h).
/// Thread: any. Errors: none.

#include <cstdint>
#include <functional>
#include <string>

#include "tracer/analysis/slices.h"
#include "tracer/format.h"
#include "tracer/read/event_source.h"

namespace loopscope::tracer {

using NameLookup = std::function<Name(NameId)>;

/// One decimal below 100, and a unit: "640 ns", "2.1 µs", "29.6 ms", "156 ms", "1.2 s".
std::string duration_text(std::int64_t ns);
/// "The machine stood still for 10.0 s": a jump of the counter, see ClockFault::jumped.
std::string jump_text(std::int64_t jump_ns);
/// A poll timeout, which the kernel takes in whole ms: "12 ms", "1.5 s", "no limit".
std::string timeout_text(std::int32_t timeout_ms);
/// Digits in groups of three: "182 334".
std::string count_text(std::uint64_t count);
/// The same, for a narrow column: "999 999", "1.23 M", "23 684 M". It is cut and never rounded up, so a lower bound stays one.
std::string brief_count_text(std::uint64_t count);
/// "640 B", "4.1 MB".
std::string bytes_text(double bytes);
/// "71 %", "0.9 %".
std::string percent_text(double share);
/// A rate without unit: "12 480", "0.4".
std::string rate_text(double per_second);

/// "render_report", printable.
std::string function_text(const Name& name);
/// "render_report()" for a function, "Task serve_client" for a step of a task.
std::string callable_text(const Name& name, CallbackKind kind = CallbackKind::unknown);
/// "report.py:88"; empty if it has no place.
std::string place_text(const Name& name);
/// "/srv/chat/report.py:88"; empty if it has no place.
std::string full_place_text(const Name& name);

const char* phase_text(Phase phase);
const char* activity_text(Activity activity);
const char* kind_text(CallbackKind kind);
const char* handle_text(HandleKind kind);
const char* level_text(Level level);

}  // namespace loopscope::tracer

#include "tracer/analysis/wording.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "tracer/read/printable.h"

namespace loopscope::tracer {

namespace {

std::string number(double value, const char* unit) {
  std::array<char, 64> text{};
  const double size = std::fabs(value);
  const int digits = size < 9.95 ? 1 : size < 99.95 ? 1 : 0;
  std::snprintf(text.data(), text.size(), "%.*f%s%s", digits, value, *unit == 0 ? "" : " ", unit);
  return text.data();
}

}  // namespace

std::string duration_text(std::int64_t ns) {
  const std::string sign = ns < 0 ? "-" : "";
  const double value = std::fabs(static_cast<double>(ns));
  if (value < 999.5)
    return sign + std::to_string(static_cast<std::int64_t>(value)) + " ns";
  if (value < 999.5e3)
    return sign + number(value / 1e3, "µs");
  if (value < 999.5e6)
    return sign + number(value / 1e6, "ms");
  if (value < 120e9)
    return sign + number(value / 1e9, "s");
  return sign + number(value / 60e9, "min");
}

std::string jump_text(std::int64_t jump_ns) {
  if (jump_ns < 0)
    return "The machine's counter started again";
  return "The machine stood still for " + duration_text(jump_ns);
}

std::string timeout_text(std::int32_t timeout_ms) {
  if (timeout_ms < 0)
    return "no limit";
  if (timeout_ms < 1000)
    return std::to_string(timeout_ms) + " ms";
  return duration_text(std::int64_t{timeout_ms} * 1'000'000);
}

std::string count_text(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0)
      text += ' ';
    text += digits[i];
  }
  return text;
}

std::string brief_count_text(std::uint64_t count) {
  constexpr std::uint64_t kMillion = 1'000'000;
  if (count < kMillion)
    return count_text(count);
  std::string text = count_text(count / kMillion);
  const std::string part = std::to_string(count % kMillion + kMillion);  // "1" and six digits
  if (count < 10 * kMillion)
    text += "." + part.substr(1, 2);
  else if (count < 100 * kMillion)
    text += "." + part.substr(1, 1);
  return text + " M";
}

std::string bytes_text(double bytes) {
  if (bytes < 999.5)
    return std::to_string(static_cast<std::int64_t>(bytes)) + " B";
  if (bytes < 999.5e3)
    return number(bytes / 1e3, "kB");
  if (bytes < 999.5e6)
    return number(bytes / 1e6, "MB");
  return number(bytes / 1e9, "GB");
}

std::string percent_text(double share) {
  const double percent = share * 100;
  if (percent > 0 && percent < 0.05)
    return "<0.1 %";
  if (percent > 99.45 && percent < 100) {  // not all of it
    const std::int64_t tenths = static_cast<std::int64_t>(std::floor(percent * 10 + 1e-9));
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.*f %%", percent >= 9.95 || percent <= 0 ? 0 : 1, percent);
  return text.data();
}

std::string rate_text(double per_second) {
  if (per_second > 0 && per_second < 9.95)
    return number(per_second, "");
  return count_text(static_cast<std::uint64_t>(std::llround(std::max(per_second, 0.0))));
}

std::string callable_text(const Name& name, CallbackKind kind) {
  if (name.function.empty())
    return "?";
  if (kind == CallbackKind::task_step)
    return "Task " + function_text(name);
  const bool bare = name.function.back() == ')' || name.function.back() == '>' || name.function == "?";
  return function_text(name) + (bare ? "" : "()");
}

std::string function_text(const Name& name) {
  return printable(name.function);
}

std::string place_text(const Name& name) {
  const std::string full = full_place_text(name);
  return full.substr(full.rfind('/') + 1);
}

std::string full_place_text(const Name& name) {
  std::string place = printable(name.file);
  if (!place.empty() && name.line != 0)
    place.append(1, ':').append(std::to_string(name.line));
  return place;
}

const char* phase_text(Phase phase) {
  switch (phase) {
    case Phase::none:
      return "outside";
    case Phase::timers:
      return "timers";
    case Phase::pending:
      return "pending";
    case Phase::idle:
      return "idle";
    case Phase::prepare:
      return "prepare";
    case Phase::poll:
      return "poll";
    case Phase::check:
      return "check";
    case Phase::closing:
      return "closing";
  }
  return "?";
}

const char* activity_text(Activity activity) {
  switch (activity) {
    case Activity::poll_asleep:
      return "poll, asleep";
    case Activity::poll_no_sleep:
      return "poll, not sleeping";
    case Activity::poll_io:
      return "poll, I/O callbacks";
    case Activity::gil_wait:
      return "waiting for the GIL";
    case Activity::idle:
      return "idle · ready queue";
    case Activity::stopped:
      return "not running";
    case Activity::between:
      return "between phases";
    case Activity::unknown:
      return "not known";
    default:
      return phase_text(phase_of(activity));
  }
}

const char* kind_text(CallbackKind kind) {
  switch (kind) {
    case CallbackKind::unknown:
      return "callback";
    case CallbackKind::soon:
      return "call_soon";
    case CallbackKind::threadsafe:
      return "call_soon_threadsafe";
    case CallbackKind::timer:
      return "timer";
    case CallbackKind::task_step:
      return "task step";
    case CallbackKind::reader:
      return "add_reader";
    case CallbackKind::writer:
      return "add_writer";
    case CallbackKind::signal:
      return "signal handler";
    case CallbackKind::accept:
      return "accept";
    case CallbackKind::connection_made:
      return "connection_made";
    case CallbackKind::data_received:
      return "data_received";
    case CallbackKind::buffer_updated:
      return "buffer_updated";
    case CallbackKind::eof_received:
      return "eof_received";
    case CallbackKind::connection_lost:
      return "connection_lost";
    case CallbackKind::pause_writing:
      return "pause_writing";
    case CallbackKind::resume_writing:
      return "resume_writing";
    case CallbackKind::datagram_received:
      return "datagram_received";
    case CallbackKind::error_received:
      return "error_received";
    case CallbackKind::future_done:
      return "future's done callback";
    case CallbackKind::internal:
      return "the loop's own";
  }
  return "?";
}

const char* handle_text(HandleKind kind) {
  switch (kind) {
    case HandleKind::unknown:
      return "handle";
    case HandleKind::watcher:
      return "watched descriptor";
    case HandleKind::tcp:
      return "TCP connection";
    case HandleKind::unix_stream:
      return "Unix connection";
    case HandleKind::listener:
      return "listener";
    case HandleKind::udp:
      return "UDP socket";
    case HandleKind::pipe:
      return "pipe";
    case HandleKind::process:
      return "process";
    case HandleKind::wakeup:
      return "wake-up";
  }
  return "?";
}

const char* level_text(Level level) {
  switch (level) {
    case Level::off:
      return "off";
    case Level::phases:
      return "phases";
    case Level::callbacks:
      return "callbacks";
    case Level::tasks:
      return "tasks";
  }
  return "?";
}

}  // namespace loopscope::tracer

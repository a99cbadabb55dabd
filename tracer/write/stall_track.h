#pragma once
/// The watchdog's track: what it says of a stall, as events and names (tracer/format.h).
///
/// The track takes memory when the first stall is told, and nothing before.
///
/// Thread: the watchdog's. Owner: refers to a WritableSession that outlives it. Errors: none. Where the file system has no room the
/// track stays empty, and the session counts that. Units: ticks of the session's clock, unless a name says ns.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "tracer/format.h"
#include "tracer/write/name_interner.h"
#include "tracer/write/ring_writer.h"
#include "tracer/write/stack_source.h"
#include "tracer/write/writable_session.h"

namespace loopscope::tracer {

/// What has been open since when.
struct OpenSpan {
  StallKind kind;
  Phase phase;
  std::uint64_t since_ticks;
};

/// What the kernel counted of the loop's thread since it began.
struct ThreadTimes {
  std::uint64_t at_ticks = 0;
  std::optional<std::uint64_t> cpu_ns;    ///< nothing: the kernel does not say
  std::optional<std::uint64_t> delay_ns;  ///< ready to run without a CPU
};

class StallTrack {
 public:
  explicit StallTrack(WritableSession& session) : session_(session) {}

  void begin(const OpenSpan& span, const ThreadTimes& before, std::uint64_t now);
  /// `system_call`: its name; empty: in none, or not known.
  void sample(const OpenSpan& span, ThreadDoing doing, const StackCopy& stack, std::string_view system_call,
              const ThreadTimes& times);
  void end(const OpenSpan& span, const ThreadTimes& times);

 private:
  bool open();
  NameId intern(std::span<const StackFrame> frames);
  void write_times(const OpenSpan& span, const ThreadTimes& times, NameId system_call, std::uint8_t flags,
                   std::uint64_t now);

  WritableSession& session_;
  bool opened_ = false;
  RingWriter ring_;
  NameInterner names_;
};

}  // namespace loopscope::tracer

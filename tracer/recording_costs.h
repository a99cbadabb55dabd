#pragma once
/// What recording costs the loop, by what is recorded. The code that measures it and the code that adds it up share this
/// table. Units: ns of the loop's thread. Thread: any; plain data. Errors: none.

#include <array>
#include <cstddef>
#include <cstdint>

namespace loopscope::tracer {

/// What costs something of its own. A pair of events counts where it begins.
enum class Recorded : std::uint8_t {
  iteration,        ///< prepare, poll_begin, poll_wake, poll_end
  phase,            ///< the pair
  queued_callback,  ///< its t_ready when it was queued, its name, the pair
  task_step,        ///< likewise, the name asked of its coroutine
  timer_callback,   ///< its name, the pair
  io_callback,      ///< its name, the pair, between system calls
  timer,            ///< set, fired or cancelled, with a name
  transfer,         ///< bytes read or written, after a system call
  object,           ///< a handle or a task that came or went
  other,            ///< any other event
  counted,          ///< a callback that was only counted
  counted_io,       ///< likewise, with the bytes that it read and wrote
};
inline constexpr std::size_t kRecordedCount = 12;

struct RecordingCosts {
  std::array<double, kRecordedCount> ns{};
  [[nodiscard]] double of(Recorded what) const { return ns[static_cast<std::size_t>(what)]; }
};

}  // namespace loopscope::tracer

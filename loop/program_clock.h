#pragma once
/// The clock of a program that replaces CLOCK_MONOTONIC by one of its own. Its loop.time() then decides when timers are due,
/// as in asyncio. The clock may stand still, jump, and count from anywhere.
///
/// Thread: the loop's, never while the gate is open. Units: ns on that clock, rounded as the due times of timers are.
/// Errors: the implementation reports them, interrupts the loop, and answers 0.

#include <cstdint>

namespace loopscope::loop {

class ProgramClock {
 public:
  /// False while CLOCK_MONOTONIC counts. May change at any time.
  [[nodiscard]] virtual bool in_use() = 0;
  /// Runs the program's code, which may call the loop.
  [[nodiscard]] virtual std::int64_t now_ns() = 0;

 protected:
  ~ProgramClock() = default;
};

}  // namespace loopscope::loop

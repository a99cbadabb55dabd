#pragma once
/// A program's own loop.time(), as the clock that decides when the loop's timers are due.
///
/// Thread: the GIL. Owner: part of the loop. Errors: an exception that time() raises leaves run_forever(), as on asyncio.

#include <Python.h>

#include <cstdint>

#include "loop/program_clock.h"

namespace loopscope::bindings {

struct LoopObject;

class LoopClock final : public loop::ProgramClock {
 public:
  explicit LoopClock(LoopObject* owner) : owner_(owner) {}
  [[nodiscard]] bool in_use() override;
  [[nodiscard]] std::int64_t now_ns() override;

 private:
  LoopObject* owner_;
};

/// Seconds to ns, rounded up so that a timer is never early.
[[nodiscard]] std::int64_t to_ns(double seconds);

}  // namespace loopscope::bindings

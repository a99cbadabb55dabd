#pragma once
/// loop.time() of a program that has one of its own, as the clock that the loop's timers go by.
///
/// Thread: the GIL. Owner: part of the loop. Errors: what time() raises leaves run_forever(), as it leaves asyncio's.

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

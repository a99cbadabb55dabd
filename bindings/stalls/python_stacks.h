#pragma once
/// The stacks of the threads that run loops, for the watchdog: CPython's half of stalls (tracer/write/stack_source.h).
///
/// One per loop. The first attach() of a loop that is recorded proves that the interpreter's structures are where they should be: it copies the stack of its own
/// thread, and compares that with what CPython itself says. Where they differ no stack is ever copied, and works() is false.
///
/// Thread: attach() is called with the GIL by the thread that runs the loop, copy() by the watchdog's without it. Owner: of nothing of
/// the interpreter's. Errors: none.

#include <Python.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "bindings/stalls/frame_walk.h"
#include "bindings/stalls/self_memory.h"
#include "tracer/write/stack_source.h"

namespace loopscope::bindings {

class PythonStacks final : public tracer::StackSource {
 public:
  void attach(bool recorded) override;
  [[nodiscard]] tracer::StackCopy copy(tracer::StackOf whose) override;
  [[nodiscard]] bool is_lock(std::uint64_t address) const override;

  /// False if stacks cannot be read in this process; known after the first attach().
  [[nodiscard]] static bool works();

 private:
  struct Buffers {
    SelfMemory memory;
    FrameWalk walk{memory};
  };
  Buffers& buffers();
  [[nodiscard]] std::uint64_t lock_holder();
  [[nodiscard]] std::uint64_t native_id(std::uint64_t thread);

  std::atomic<std::uint64_t> thread_ = 0;  ///< address of the loop's PyThreadState
  std::unique_ptr<Buffers> buffers_;       ///< from the first stall on
};

}  // namespace loopscope::bindings

#pragma once
/// The stack of a thread that runs a loop, as the host program's language has it, copied by another thread.
///
/// Thread: attach() is called by the loop's thread, copy() by the watchdog's. They do not overlap for one object.
/// Errors: what could not be read is not there. copy() never waits for the other thread, and never disturbs it.

#include <cstdint>
#include <span>
#include <string_view>

namespace loopscope::tracer {

/// One frame of a stack.
struct StackFrame {
  std::string_view function;  ///< UTF-8
  std::string_view file;      ///< empty: it has none
  std::uint32_t first_line;   ///< of the function, 0 if it has none
  std::uint32_t line;         ///< where it stands now
};

enum class StackRead : std::uint8_t {
  done,
  torn,     ///< the thread ran on while it was read: each try found another stack
  no_stack  ///< it runs nothing of that language, or that cannot be read here
};

/// What one look found.
struct StackCopy {
  StackRead read = StackRead::no_stack;
  std::span<const StackFrame> frames;  ///< innermost first; valid until the next look
  bool cut = false;                    ///< more frames called these, and were not read
  std::uint64_t thread = 0;            ///< kernel's id of the thread whose stack it is; 0: not known
  bool loop_holds_lock = false;        ///< the loop's thread holds the interpreter's lock
  bool collecting = false;             ///< the garbage collector runs
};

/// Whose stack is wanted.
enum class StackOf : std::uint8_t {
  loop,         ///< the thread that runs the loop
  lock_holder,  ///< the thread that holds the interpreter's lock
};

class StackSource {
 public:
  StackSource() = default;
  StackSource(const StackSource&) = delete;
  StackSource& operator=(const StackSource&) = delete;
  virtual ~StackSource() = default;

  /// The caller is the thread that runs the loop from now on. `recorded`: its stack may be wanted.
  virtual void attach(bool recorded) = 0;
  [[nodiscard]] virtual StackCopy copy(StackOf whose) = 0;
  /// Does this address belong to the interpreter's lock? A thread that sleeps in a futex there waits for it.
  [[nodiscard]] virtual bool is_lock(std::uint64_t address) const = 0;
};

}  // namespace loopscope::tracer

#pragma once
/// How much one thread of another process ran, and how long it waited for a CPU, as the kernel counts it.
///
/// Reads /proc/PID/task/TID/schedstat and stat: two system calls a look, no rights needed, and the thread notices nothing.
/// Thread: one. Owner: of two open files, which stay those of this thread even if its number is given away.
/// Errors: where the system does not say, or the thread is gone, there is no sample. Units: ns.

#include <cstdint>
#include <optional>

namespace loopscope::tracer {

enum class ThreadState : std::uint8_t {
  asleep,    ///< it waited for something else than a CPU
  runnable,  ///< it ran or waited for a CPU
  stopped,   ///< by a signal or a debugger
};

/// The counts as they were at some instant between `before_ns` and `after_ns` (CLOCK_MONOTONIC).
struct CpuSample {
  std::int64_t before_ns = 0;
  std::int64_t after_ns = 0;
  std::int64_t ran_ns = 0;     ///< on a CPU, since the thread began
  std::int64_t waited_ns = 0;  ///< ready to run without a CPU, up to the last time it was given one
  ThreadState state = ThreadState::asleep;
};

class ThreadCpuReader {
 public:
  ThreadCpuReader() = default;
  ~ThreadCpuReader();
  ThreadCpuReader(const ThreadCpuReader&) = delete;
  ThreadCpuReader& operator=(const ThreadCpuReader&) = delete;

  /// From now on about this thread, by its numbers in the PID namespace of the caller. False if the system does not say.
  bool follow(std::uint32_t pid, std::uint64_t thread);
  [[nodiscard]] std::optional<CpuSample> read() const { return read(true); }
  /// The same without the state, which costs more than the rest.
  [[nodiscard]] std::optional<CpuSample> read_counts() const { return read(false); }

 private:
  [[nodiscard]] std::optional<CpuSample> read(bool with_state) const;
  void close();
  int schedstat_ = -1;
  int stat_ = -1;
};

}  // namespace loopscope::tracer

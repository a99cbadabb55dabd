#pragma once
/// The system call in which another thread of this process sleeps.
///
/// Reads /proc/self/task/TID/syscall, which a process may always do for its own threads, where the kernel has that file. The thread
/// notices nothing.
/// Thread: one. Owner: of an open file, which stays that of this thread even if its number is given away.
/// Errors: where the system does not say, or the thread is on a CPU, there is no answer.

#include <cstdint>
#include <optional>
#include <string>

namespace loopscope::tracer {

struct SystemCall {
  long number;
  std::uint64_t first_argument;
};

class SystemCallReader {
 public:
  SystemCallReader() = default;
  ~SystemCallReader();
  SystemCallReader(const SystemCallReader&) = delete;
  SystemCallReader& operator=(const SystemCallReader&) = delete;

  /// From now on about this thread of the process, by the kernel's number. False if the system does not say.
  bool follow(std::uint64_t thread);
  [[nodiscard]] std::optional<SystemCall> read() const;

 private:
  void close();
  int file_ = -1;
};

/// "clock_nanosleep"; "system call 999" if it has no name here. Those that may sleep have one.
std::string system_call_name(long number);

[[nodiscard]] bool is_futex(long number);

}  // namespace loopscope::tracer

#include "tests/bench/client/server_clock.h"

#include <ctime>

#include "tests/bench/client/failure.h"

namespace loopscope::bench {
namespace {

// Which of a process's clocks: the numbers of the kernel's CPUCLOCK_*, which no header of the system names.
enum class Clock : clockid_t { sampled = 0, sampled_user = 1, total = 2 };

std::int64_t read_ns(pid_t pid, Clock clock) {
  timespec now{};
  if (clock_gettime(static_cast<clockid_t>((~pid) * 8) | static_cast<clockid_t>(clock), &now) != 0)
    throw Failure::of_system("reading the CPU time of the server");
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

CpuTime CpuTime::of(pid_t pid) {
  if (pid == 0)
    return {};
  return {read_ns(pid, Clock::total), read_ns(pid, Clock::sampled), read_ns(pid, Clock::sampled_user)};
}

}  // namespace loopscope::bench

#pragma once

#include <sys/types.h>

#include <cstdint>

namespace loopscope::bench {

/// CPU time that another process has used so far, all its threads together.
struct CpuTime {
  std::int64_t total_ns = 0;    // exact
  std::int64_t sampled_ns = 0;  // as the kernel's tick saw it, user and system
  std::int64_t sampled_user_ns = 0;

  /// Zeros for pid 0; throws Failure if there is no such process.
  static CpuTime of(pid_t pid);

  friend CpuTime operator-(const CpuTime& late, const CpuTime& early) {
    return {late.total_ns - early.total_ns, late.sampled_ns - early.sampled_ns,
            late.sampled_user_ns - early.sampled_user_ns};
  }
};

}  // namespace loopscope::bench

#pragma once
/// Looks at the kernel's counts of the loop's thread, many times a second, while its program lives.
///
/// Thread: the one that reads the session. Owner: of the open files; the samples are the caller's. Errors: where the system says nothing
/// (another PID namespace, no schedstat) there are no samples. Units: ns of CLOCK_MONOTONIC.

#include <cstdint>

#include "tracer/analysis/cpu_waits.h"
#include "tracer/format.h"
#include "tracer/thread_cpu.h"

namespace loopscope::gui {

class CpuWatch {
 public:
  /// Call as often as the session is read: it looks at most once in kLookNs, and two system calls are a look.
  void look(const tracer::SessionHeader& header, const tracer::Present& present, std::int64_t now_ns,
            tracer::CpuWaits& waits);

 private:
  /// Short beside what is noticed: the less lies between two looks, the less may be taken off a callback that did work.
  static constexpr std::int64_t kLookNs = 10'000'000;
  static constexpr std::int64_t kRememberedNs = 120'000'000'000;

  tracer::ThreadCpuReader reader_;
  std::uint64_t thread_ = 0;  ///< that is followed; 0: none yet
  bool followed_ = false;
  std::int64_t looked_ns_ = 0;
};

}  // namespace loopscope::gui

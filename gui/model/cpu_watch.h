#pragma once
/// Samples the kernel's CPU counts of the loop's thread, up to 100 times a second, while the program lives.
///
/// Thread: the one that reads the session. Owner: of the open files; the samples belong to the caller. Errors: there are no
/// samples where the system does not tell (another PID namespace, no schedstat). Units: ns of CLOCK_MONOTONIC.

#include <cstdint>

#include "tracer/analysis/cpu_waits.h"
#include "tracer/format.h"
#include "tracer/system/thread_cpu.h"

namespace loopscope::gui {

class CpuWatch {
 public:
  /// To be called whenever the session is read. It samples at most once every kLookNs, which costs two system calls. A sample
  /// goes into `waits`.
  void look(const tracer::SessionHeader& header, const tracer::Present& present, std::int64_t now_ns,
            tracer::CpuWaits& waits);

 private:
  /// Short compared with what is a finding: the shorter the time between two samples, the less is subtracted from a callback
  /// that did work.
  static constexpr std::int64_t kLookNs = 10'000'000;
  static constexpr std::int64_t kRememberedNs = 120'000'000'000;

  tracer::ThreadCpuReader reader_;
  std::uint64_t thread_ = 0;  ///< the thread that is followed; 0: none yet
  bool followed_ = false;
  std::int64_t looked_ns_ = 0;
};

}  // namespace loopscope::gui

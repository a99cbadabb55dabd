#include "gui/model/cpu_watch.h"

#include "tracer/system/process_identity.h"

namespace loopscope::gui {

void CpuWatch::look(const tracer::SessionHeader& header, const tracer::Present& present, std::int64_t now_ns,
                    tracer::CpuWaits& waits) {
  if (now_ns - looked_ns_ < kLookNs || present.loop_thread == 0)
    return;
  looked_ns_ = now_ns;
  if (present.loop_thread != thread_) {
    thread_ = present.loop_thread;
    waits.restart();
    // The number means this thread only if the program is in our PID namespace.
    followed_ = header.pid_namespace == tracer::own_process().pid_namespace && reader_.follow(header.pid, thread_);
  }
  if (!followed_)
    return;
  if (const auto sample = reader_.read())
    waits.add(*sample);
  waits.forget(now_ns - kRememberedNs);
}

}  // namespace loopscope::gui

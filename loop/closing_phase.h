#pragma once
/// When the closing phase begins and ends.
///
/// libuv calls one callback for each handle that has closed, and says nothing about the phase around them. All handles on the
/// loop are ours. So the phase begins with the first callback, and ends when all handles have been called that were closing
/// then. Handles that are closed meanwhile belong to the next iteration.
///
/// Thread: the loop's. Errors: none.

#include <cstdint>

#include "tracer/write/recorder.h"

namespace loopscope::loop {

class ClosingPhase {
 public:
  /// uv_close() was called for a handle.
  void handle_closing() { ++waiting_; }
  /// Around the work of its callback.
  void callback_begins(tracer::Recorder& recorder) {
    if (left_ > 0)
      return;
    left_ = batch_ = waiting_;
    recorder.phase_begin(tracer::Phase::closing, batch_);
    recorder.work_begins();
  }
  void callback_ends(tracer::Recorder& recorder) {
    --waiting_;
    if (--left_ == 0)
      recorder.phase_end(batch_);
  }
  /// Handles wait for their callback: the next poll must not sleep.
  [[nodiscard]] bool due() const { return waiting_ != 0; }

 private:
  std::uint64_t waiting_ = 0;  ///< handles that wait for their callback
  std::uint64_t batch_ = 0;    ///< how many this phase began with
  std::uint64_t left_ = 0;     ///< of these, how many are still to come
};

}  // namespace loopscope::loop

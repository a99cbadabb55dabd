#include "tracer/write/present_writer.h"

namespace loopscope::tracer {

PresentWriter::PresentWriter(Present& present)
    : words_(reinterpret_cast<std::uint64_t*>(&present)), sequence_(present.sequence) {
  set_state(0, static_cast<std::uint8_t>(present.phase));
  set_state(1, static_cast<std::uint8_t>(present.level));
  set_state(2, present.running);
  set_state(3, static_cast<std::uint8_t>(present.poll_reason));
  shown_state_ = state_;
}

void PresentWriter::level(Level in_force, Level own) {
  set_state(1, static_cast<std::uint8_t>(in_force));
  lock();
  store(kOwnLevel, static_cast<std::uint8_t>(own));
  unlock();
}

void PresentWriter::running(bool running, Phase phase, std::uint64_t now) {
  set_state(0, static_cast<std::uint8_t>(phase));
  set_state(2, running ? 1 : 0);
  lock();
  store(kPhaseSince, now);
  unlock();
}

void PresentWriter::loop_thread(std::uint64_t thread) {
  lock();
  store(kLoopThread, thread);
  unlock();
}

void PresentWriter::anchor(const ClockAnchor& anchor) {
  lock();
  store(kAnchor, anchor.ticks);
  store(kAnchor + 1, anchor.monotonic_ns);
  unlock();
}

void PresentWriter::ended() {
  set_state(2, 0);
  lock();
  store(kCallback, std::uint64_t{1} << 48U);
  unlock();
}

}  // namespace loopscope::tracer

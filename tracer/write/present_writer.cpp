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
  change([&](std::uint64_t* words) { store(words, kOwnLevel, static_cast<std::uint8_t>(own)); });
}

void PresentWriter::running(bool running, Phase phase, std::uint64_t now) {
  set_state(0, static_cast<std::uint8_t>(phase));
  set_state(2, running ? 1 : 0);
  change([&](std::uint64_t* words) { store(words, kPhaseSince, now); });
}

void PresentWriter::loop_thread(std::uint64_t thread) {
  change([&](std::uint64_t* words) { store(words, kLoopThread, thread); });
}

void PresentWriter::anchor(const ClockAnchor& anchor) {
  change([&](std::uint64_t* words) {
    store(words, kAnchor, anchor.ticks);
    store(words, kAnchor + 1, anchor.monotonic_ns);
  });
}

void PresentWriter::ended() {
  set_state(2, 0);
  change([](std::uint64_t* words) { store(words, kCallback, std::uint64_t{1} << 48U); });
}

}  // namespace loopscope::tracer

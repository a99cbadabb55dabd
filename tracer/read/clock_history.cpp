#include "tracer/read/clock_history.h"

#include "tracer/read/ring_reader.h"
#include "tracer/read/session.h"

namespace loopscope::tracer {
namespace {

constexpr std::size_t kBatchEvents = 4096;

/// The longest distance between two stamps that follow each other. A counter that goes back began anew: no silence
/// says more.
class Silence {
 public:
  explicit Silence(std::uint64_t from_ticks) : last_ticks_(from_ticks) {}
  void hear(std::uint64_t ticks) {
    const bool anew = ticks < last_ticks_;
    const auto distance = anew ? UINT64_MAX : ticks - last_ticks_;
    if (distance > longest_ || !heard_) {
      longest_ = distance;
      resumed_ticks_ = ticks;
    }
    heard_ = true;
    last_ticks_ = ticks;
  }
  [[nodiscard]] std::uint64_t resumed_ticks() const { return resumed_ticks_; }

 private:
  std::uint64_t last_ticks_;
  std::uint64_t longest_ = 0;
  std::uint64_t resumed_ticks_ = 0;
  bool heard_ = false;
};

template <typename OnEvent>
void each_event(const Session& session, OnEvent on_event) {
  const auto end = session.head();
  RingReader reader(session);
  EventBatch batch;
  while (reader.cursor() < end && reader.read(batch, kBatchEvents))
    for (const auto& event : batch.events) on_event(event);
}

}  // namespace

void read_anchors(const Session& session, const ClockAnchor& now, TickScale& scale) {
  const auto last = session.present().present.anchor_last;
  // No anchor is later than the last one, or than now: what says so is damaged.
  const auto latest_ns = now.ticks != 0 ? now.monotonic_ns : last.monotonic_ns;
  Silence silence(scale.last_anchor().ticks);
  const auto meet = [&](const ClockAnchor& anchor) {
    silence.hear(anchor.ticks);
    if (anchor.monotonic_ns <= latest_ns && scale.add(anchor, silence.resumed_ticks()))
      silence = Silence(anchor.ticks);
  };
  bool met_last = last.ticks == 0;
  each_event(session, [&](const Event& event) {
    if (!met_last && event.ticks > last.ticks && scale.last_anchor().ticks < last.ticks) {
      met_last = true;
      meet(last);
    }
    if (event.type == EventType::clock_anchor)
      return meet({event.ticks, event.a});
    silence.hear(event.ticks);
  });
  if (!met_last)
    meet(last);
  if (now.ticks != 0)
    meet(now);
}

std::uint64_t find_resumed(const Session& session, std::uint64_t from_ticks, std::uint64_t to_ticks) {
  Silence silence(from_ticks);
  const bool anew = to_ticks < from_ticks;
  bool passed = !anew;
  each_event(session, [&](const Event& event) {
    passed = passed || event.ticks >= from_ticks;
    if (passed && event.ticks <= to_ticks && (anew || event.ticks > from_ticks))
      silence.hear(event.ticks);
  });
  silence.hear(to_ticks);
  return silence.resumed_ticks();
}

}  // namespace loopscope::tracer

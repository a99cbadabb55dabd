#include "gui/model/reader.h"

#include <chrono>
#include <utility>

#include "gui/model/pacing.h"
#include "tracer/system/clock.h"

namespace loopscope::gui {

Reader::Reader(std::unique_ptr<TraceSource> source)
    : source_(std::move(source)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Reader::Look Reader::look() {
  wanted_.store(true);
  std::unique_lock lock(mutex_);
  wanted_.store(false);
  wanted_.notify_one();
  if (failure_)
    std::rethrow_exception(failure_);
  source_->step();  // so that the frame shows the newest events
  return {std::move(lock), *source_};
}

void Reader::run(const std::stop_token& stop) {
  try {
    double interval = 0;
    std::uint64_t events = 0;
    std::uint64_t last_ns = tracer::monotonic_ns();
    while (!stop.stop_requested()) {
      const Progress progress = read(stop);
      const std::uint64_t now_ns = tracer::monotonic_ns();
      const double seconds = static_cast<double>(now_ns - std::exchange(last_ns, now_ns)) / 1e9;
      const std::uint64_t fresh = progress.events - std::exchange(events, progress.events);
      interval = reading_interval({fresh, seconds, progress.ring_events, interval});
      rest(interval, stop);
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
  }
}

/// Reads until it has caught up.
Reader::Progress Reader::read(const std::stop_token& stop) {
  for (;;) {
    wanted_.wait(true);
    const std::lock_guard lock(mutex_);
    if (!source_->step() || stop.stop_requested())
      return {source_->events(), source_->ring_events()};
  }
}

void Reader::rest(double seconds, const std::stop_token& stop) {
  std::unique_lock lock(rest_mutex_);
  rest_.wait_for(lock, stop, std::chrono::duration<double>(seconds), [] { return false; });
}

}  // namespace loopscope::gui

#include "gui/trace_source.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "tracer/clock.h"

namespace loopscope::gui {

using tracer::Level;

namespace {

constexpr std::size_t kBatchEvents = 4096;
constexpr std::int64_t kLifeCheckNs = 250'000'000;
constexpr std::int64_t kRenewNs = 100'000'000;

std::int64_t clock_ns() {
  return static_cast<std::int64_t>(tracer::monotonic_ns());
}

}  // namespace

TraceSource::TraceSource(std::unique_ptr<tracer::Session> session, Level want)
    : session_(std::move(session)), reader_(*session_), decoder_(*session_), want_(want) {
  ended_ = !session_->alive();
  session_->calibrate();
  look_at_present();
  level_before_ = present_.level;
  if (!ended_)
    statistics_.sample(counters_, clock_ns());
  want_level(want);
}

void TraceSource::want_level(Level level) {
  want_ = level;
  if (ended_)
    return;
  if (leased_) {
    session_->drop_lease();
    leased_ = false;
  }
  if (level > level_before_)
    leased_ = session_->take_lease(level);
}

std::optional<Level> TraceSource::raised_from() const {
  if (ended_ || !leased_ || present_.level <= level_before_)
    return std::nullopt;
  return level_before_;
}

void TraceSource::pump(std::int64_t budget_ns, std::int64_t keep_from_ns) {
  const std::int64_t start = clock_ns();
  if (!ended_) {
    session_->calibrate();
    if (leased_ && start - renewed_ns_ > kRenewNs) {
      session_->renew_lease();
      renewed_ns_ = start;
    }
    if (start - looked_for_life_ns_ > kLifeCheckNs) {
      looked_for_life_ns_ = start;
      std::error_code error;
      // A loop that is closed removes its file, though its process may live on.
      ended_ = !session_->alive() || !std::filesystem::exists(session_->path(), error);
    }
  }
  look_at_present();
  if (!ended_)
    statistics_.sample(counters_, start);
  drain(start + budget_ns);
  now_ns_ = ended_ || !caught_up_ ? model_.last_event_ns() : std::max(start, model_.last_event_ns());
  model_.forget(std::min(now_ns_, keep_from_ns));
}

void TraceSource::look_at_present() {
  present_ = session_->present().present;
  counters_ = session_->counters();
}

void TraceSource::drain(std::int64_t until_ns) {
  caught_up_ = false;
  while (!caught_up_) {
    if (!reader_.read(batch_, kBatchEvents)) {
      caught_up_ = true;
      break;
    }
    if (batch_.lost > 0 && model_.first_event_ns() > 0) {  // before the first event it is history that had gone
      decoder_.skipped();
      model_.lose(batch_.lost);
      statistics_.lose();
      recorded_.lose(batch_.lost);
    }
    events_.clear();
    std::uint64_t position = batch_.first_position;
    for (const tracer::Event& event : batch_.events) decoder_.decode(event, position++, events_);
    for (const tracer::TraceEvent& event : events_) {
      (void)session_->name(event.name);  // looked up while it is there, for as long as it is asked for
      model_.add(event);
      statistics_.add(event);
      recorded_.add(event);
    }
    caught_up_ = batch_.events.size() < kBatchEvents;
    if (clock_ns() > until_ns)
      break;
  }
}

}  // namespace loopscope::gui

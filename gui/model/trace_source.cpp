#include "gui/model/trace_source.h"

#include <algorithm>
#include <utility>

#include "tracer/system/clock.h"

namespace loopscope::gui {

using tracer::LeaseState;
using tracer::Level;

namespace {

constexpr std::int64_t kTendNs = 4'000'000;
constexpr std::int64_t kForgetNs = 50'000'000;
constexpr std::int64_t kLifeCheckNs = 250'000'000;
constexpr std::int64_t kRenewNs = 100'000'000;
constexpr std::int64_t kAskAgainNs = 500'000'000;

std::int64_t clock_ns() {
  return static_cast<std::int64_t>(tracer::monotonic_ns());
}

}  // namespace

TraceSource::TraceSource(std::unique_ptr<tracer::Session> session, Level want)
    : session_(std::move(session)),
      attached_at_(session_->head()),
      stream_(*session_, tracer::Boundaries::iterations),
      want_(want) {
  look_at_present();
  live_.levels.set_now(live_.present.level,
                       clock_ns());  // the level as we found it, before we ask for another one
  tend(clock_ns());
}

bool TraceSource::step() {
  const std::int64_t now_ns = clock_ns();
  const bool tends = now_ns - tended_ns_ >= kTendNs;
  if (tends)
    tend(now_ns);
  const bool caught_up = !read_batch();
  if (tends && caught_up) {  // caught up: the events contain all changes of the level that the present contains
    live_.levels.set_now(live_.present.level, now_ns);
    ask_who_lives(now_ns);
  }
  live_.now_ns = known_until_ns(now_ns, caught_up);
  if (now_ns - forgot_ns_ >= kForgetNs) {
    forgot_ns_ = now_ns;
    live_.model.forget(live_.now_ns);
  }
  return !caught_up;
}

std::int64_t TraceSource::known_until_ns(std::int64_t now_ns, bool caught_up) const {
  const std::int64_t last_ns = live_.model.last_event_ns();
  if (!caught_up)
    return last_ns;
  if (!ended_)
    return std::max(now_ns, last_ns);
  return live_.present.ended != 0 ? last_ns : std::max(lived_until_ns_, last_ns);
}

std::uint64_t TraceSource::ring_events() const {
  const tracer::RingSize ring = session_->ring();
  return ring.cut_short ? ring.length : ring.capacity;
}

void TraceSource::pump(std::int64_t budget_ns) {
  const std::int64_t until_ns = clock_ns() + budget_ns;
  tend(clock_ns());
  while (step() && clock_ns() < until_ns) {
  }
}

void TraceSource::hold() {
  held_ = std::make_unique<View>(live_);
}

void TraceSource::reset_callbacks() {
  live_.statistics.reset_callbacks();
}

void TraceSource::tend(std::int64_t now_ns) {
  tended_ns_ = now_ns;
  if (!ended_) {
    session_->calibrate();
    damaged_ = session_->damaged();
    ended_ = damaged_;
    look_for_life(now_ns);
  }
  if (!damaged_)
    look_at_present();
  if (ended_)
    return;
  sample(now_ns);
  cpu_watch_.look(session_->header(), live_.present, now_ns, live_.cpu_waits);
  keep_lease(now_ns);
}

void TraceSource::look_for_life(std::int64_t now_ns) {
  if (ended_ || now_ns - looked_for_life_ns_ < kLifeCheckNs)
    return;
  looked_for_life_ns_ = now_ns;
  ended_ = !session_->alive();  // also if the file is no longer at its path: the program writes it all the same
  if (!ended_)
    lived_until_ns_ = now_ns;
}

void TraceSource::sample(std::int64_t at_ns) {
  if (live_.present.level == Level::off)
    live_.statistics.stop_sampling();  // nothing is counted at that level, which is not the same as 0 a second
  else
    live_.statistics.sample(live_.counters, at_ns);
}

void TraceSource::look_at_present() {
  live_.present = session_->present().present;
  live_.counters = session_->counters();
}

// -- the level -------------------------------------------------------------------------------------------

std::optional<Level> TraceSource::raised_from() const {
  const Level own = live_.present.own_level;
  if (ended_ || lease() != LeaseState::held || level() <= own)
    return std::nullopt;
  return own;
}

bool TraceSource::level_refused() const {
  return lacks_level() && (lease() == LeaseState::all_taken || lease() == LeaseState::refused);
}

void TraceSource::want_level(Level level) {
  want_ = level;
  if (ended_)
    return;
  // Change the level of the lease that we have. If we gave it back first, the program's level would fall in between.
  if (want_ > live_.present.own_level) {
    ask_for_level(clock_ns());
  } else {
    session_->drop_lease();
  }
}

/// Compares with the program's own level: another viewer may have raised the one in force, and may leave.
void TraceSource::keep_lease(std::int64_t now_ns) {
  if (lease() == LeaseState::held) {
    if (now_ns - asked_ns_ < kRenewNs)
      return;
    asked_ns_ = now_ns;
    session_->renew_lease();
  } else if (want_ > live_.present.own_level && (asked_ns_ == 0 || now_ns - asked_ns_ >= kAskAgainNs)) {
    ask_for_level(now_ns);
  }
}

void TraceSource::ask_for_level(std::int64_t now_ns) {
  asked_ns_ = now_ns;
  session_->take_lease(want_);
}

// -- events ----------------------------------------------------------------------------------------------

/// True if there may be more events.
bool TraceSource::read_batch() {
  if (damaged_ || !stream_.read())
    return false;
  events_total_ += stream_.count() + stream_.lost();
  if (stream_.lost() > 0)
    note_loss();
  for (const tracer::TraceEvent& event : stream_.events()) add(event);
  return stream_.may_go_on();
}

void TraceSource::add(const tracer::TraceEvent& event) {
  (void)session_->name(event.name);  // look it up now: the program may drop the name later
  live_.model.add(event);
  live_.statistics.add(event);
  live_.recorded.add(event);
  live_.levels.add(event);
  live_.traffic.add(event);
}

/// Once after each loss: the program's slots know which tasks live, whatever happened to their events.
void TraceSource::ask_who_lives(std::int64_t now_ns) {
  if (!tasks_doubtful_ || live_.present.level < Level::tasks)
    return;
  std::vector<tracer::LiveTask> live;
  for (const tracer::OpenTask& task : session_->tasks()) live.push_back({task.id, task.name});
  if (live.size() < live_.counters.tasks_live)
    return;  // some have no slot
  tasks_doubtful_ = false;
  live_.model.note_live_tasks(live, now_ns);
}

/// Events written after attaching were lost, and the timeline shows the gap. If only older events were overwritten, there is
/// less history: the source forgets what it read before them, so that there is no gap.
void TraceSource::note_loss() {
  tasks_doubtful_ = true;
  const std::uint64_t end = stream_.first_position();
  const std::uint64_t lost = end - std::min(std::max(end - stream_.lost(), attached_at_), end);
  if (lost == 0) {
    live_.model = {};
    live_.statistics = {};
    live_.recorded = {};
    live_.traffic.lose();
    return;
  }
  live_.model.lose(lost);
  live_.statistics.lose();
  live_.recorded.lose(lost);
  live_.traffic.lose();
}

}  // namespace loopscope::gui

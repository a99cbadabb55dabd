#include "tracer/analysis/stalls.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "tracer/read/trace_time.h"

namespace loopscope::tracer {

namespace {

/// The same stamp, decoded at two times, may differ by this.
constexpr std::int64_t kSameNs = 200'000;
/// Nothing shorter is a stall (kLeastStallThresholdNs of the writer).
constexpr std::int64_t kLeastSpanNs = 500'000;
constexpr std::size_t kMostEnded = 256;
constexpr std::size_t kMostTasks = 1U << 16U;
/// A busy loop may never sleep. What had waited has run by then.
constexpr std::uint64_t kMostCallbacksAfter = 20'000;
constexpr std::int64_t kMostAfterNs = 1'000'000'000;

bool same_time(std::int64_t one, std::int64_t other) {
  return std::abs(one - other) <= kSameNs;
}

}  // namespace

void Stalls::add(const TraceEvent& event) {
  if (event.track == Track::watchdog)
    add_of_watchdog(event);
  else
    add_of_loop(event);
}

void Stalls::lose(Track track) {
  if (track == Track::watchdog)
    return;
  depth_ = 0;
  callback_.reset();
  phase_.reset();
  gil_wait_.reset();
  tasks_.clear();
  for (Stall& stall : stalls_) {
    if (stall.settled)
      continue;
    stall.harm.reset();
    stall.settled = stall.end != StallEnd::open;
    touch(stall);
  }
}

const Stall* Stalls::open() const {
  return stalls_.empty() || stalls_.back().end != StallEnd::open ? nullptr : &stalls_.back();
}

const Stall* Stalls::beginning_at(std::int64_t begin_ns) const {
  for (auto at = stalls_.rbegin(); at != stalls_.rend() && at->begin_ns >= begin_ns - kSameNs; ++at)
    if (same_time(at->begin_ns, begin_ns))
      return &*at;
  return nullptr;
}

void Stalls::add_of_loop(const TraceEvent& event) {
  switch (event.type) {
    case EventType::callback_begin:
      begin_callback(event);
      break;
    case EventType::callback_end:
      if (depth_ > 0 && --depth_ == 0)
        close_span(callback_, event.t_ns, false);
      break;
    case EventType::phase_begin:
      open_span(StallKind::phase, event, event.t_ns);
      break;
    case EventType::phase_end:
      close_span(phase_, event.t_ns, event.inferred);
      break;
    case EventType::poll_begin:
      settle_before(event.t_ns, event.value != 0);
      break;
    case EventType::poll_wake:
      open_span(StallKind::gil_wait, event, event.t_ns);
      close_span(gil_wait_, add_ns(event.t_ns, event.other_ns), false);
      open_span(StallKind::phase, event, add_ns(event.t_ns, event.other_ns));
      break;
    case EventType::loop_stop:
      depth_ = 0;
      close_span(callback_, event.t_ns, true);
      close_span(phase_, event.t_ns, true);
      settle_before(event.t_ns, true);
      break;
    case EventType::task_named:
      if (tasks_.size() < kMostTasks)
        tasks_[event.object] = {event.object, event.name, static_cast<std::uint64_t>(event.value)};
      break;
    case EventType::task_created:
      if (tasks_.size() < kMostTasks)
        tasks_.try_emplace(event.object, StalledTask{event.object, kNoName, 0});
      break;
    case EventType::task_done:
      tasks_.erase(event.object);
      break;
    default:
      break;
  }
}

void Stalls::begin_callback(const TraceEvent& event) {
  if (depth_++ > 0)
    return;
  ++begun_callbacks_;
  wait_behind(event);
  open_span(StallKind::callback, event, event.t_ns);
}

/// An event that waited while a stall was open adds to its harm.
void Stalls::wait_behind(const TraceEvent& event) {
  for (auto at = stalls_.rbegin(); at != stalls_.rend() && !at->settled; ++at) {
    if (at->end == StallEnd::open || !at->harm || event.other_ns <= 0 || event.other_ns >= at->end_ns)
      continue;
    ++at->harm->waited;
    at->harm->harmed_ns = add_ns(at->harm->harmed_ns, at->end_ns - std::max(at->begin_ns, event.other_ns));
    touch(*at);
  }
  settle_before(event.t_ns, begun_callbacks_ >= settle_at_callback_);
}

/// A loop that may sleep has run all that was ready before.
void Stalls::settle_before(std::int64_t t_ns, bool all) {
  for (auto at = stalls_.rbegin(); at != stalls_.rend() && !at->settled; ++at) {
    if (at->end == StallEnd::open || at->end_ns > t_ns || (!all && t_ns - at->end_ns < kMostAfterNs))
      continue;
    at->settled = true;
    touch(*at);
  }
}

void Stalls::open_span(StallKind kind, const TraceEvent& event, std::int64_t begin_ns) {
  auto& span = kind == StallKind::callback ? callback_ : kind == StallKind::phase ? phase_ : gil_wait_;
  span = Span{kind, begin_ns, 0, false, {}};
  if (kind == StallKind::callback)
    span->callback = {event.name, event.callback_kind(), event.object};
}

void Stalls::close_span(std::optional<Span>& span, std::int64_t end_ns, bool inferred) {
  if (!span)
    return;
  span->end_ns = end_ns;
  span->inferred = inferred;
  if (end_ns - span->begin_ns >= kLeastSpanNs) {
    ended_.push_back(*span);
    if (ended_.size() > kMostEnded)
      ended_.pop_front();
    if (!stalls_.empty())
      join(stalls_.back());
  }
  span.reset();
}

/// The stall that a watchdog's event is about.
Stall& Stalls::stall_of(const TraceEvent& event) {
  if (!stalls_.empty() && same_time(stalls_.back().begin_ns, event.other_ns))
    return stalls_.back();
  if (!stalls_.empty() && stalls_.back().end == StallEnd::open)  // two are never open: its end was lost
    end(stalls_.back(), event.other_ns, StallEnd::at_most);
  if (stalls_.size() >= most_)
    stalls_.pop_front();
  cpu_ = delay_ = {};
  look_before_ns_ = event.other_ns;
  Stall& stall = stalls_.emplace_back();
  stall.number = ++numbers_;
  stall.begin_ns = stall.known_ns = event.other_ns;
  return stall;
}

/// Learns from the loop's track who it is and when it was over.
void Stalls::join(Stall& stall) {
  if (!stall.kind || stall.end == StallEnd::exact)
    return;
  const auto fits = [&](const Span& span) {
    return span.kind == *stall.kind && same_time(span.begin_ns, stall.begin_ns);
  };
  if (callback_ && fits(*callback_) && !stall.callback)
    name(stall, callback_->callback);
  for (auto at = ended_.rbegin(); at != ended_.rend(); ++at) {
    if (!fits(*at))
      continue;
    if (stall.kind == StallKind::callback)
      name(stall, at->callback);
    end(stall, at->end_ns, at->inferred ? StallEnd::at_most : StallEnd::exact);
    break;
  }
  touch(stall);
}

void Stalls::name(Stall& stall, const StalledCallback& callback) const {
  stall.callback = callback;
  const auto task = tasks_.find(callback.object);
  if (callback.kind == CallbackKind::task_step && task != tasks_.end())
    stall.task = task->second;
}

void Stalls::end(Stall& stall, std::int64_t end_ns, StallEnd how) {
  const bool was_open = stall.end == StallEnd::open;
  stall.end_ns = std::max(end_ns, stall.begin_ns);
  stall.end = how;
  settle_at_callback_ = begun_callbacks_ + kMostCallbacksAfter;
  if (stall.callback && how == StallEnd::exact && was_open)
    stall.harm = StallHarm{};
  else if (!stall.callback)
    stall.settled = true;
  for (Between* times : {stall.cpu ? &*stall.cpu : nullptr, stall.delay ? &*stall.delay : nullptr})
    if (times != nullptr)
      times->most_ns = std::max(times->least_ns, std::min(times->most_ns, stall.held_ns()));
  touch(stall);
}

void Stalls::add_of_watchdog(const TraceEvent& event) {
  if (event.type < EventType::stall_begin || event.type > EventType::stall_end)
    return;
  Stall& stall = stall_of(event);
  switch (event.type) {
    case EventType::stall_begin:
      stall.kind = event.stall_kind();
      stall.phase = event.phase;
      stall.known_ns = event.t_ns;
      look_before_ns_ = event.third_ns > 0 ? std::min(event.third_ns, stall.begin_ns) : stall.begin_ns;
      join(stall);
      break;
    case EventType::stall_sample:
      sample(stall, event);
      break;
    case EventType::stall_times:
      if (event.name != kNoName && sample_kept_ && !stall.samples.empty())
        stall.samples.back().system_call = event.name;
      count(stall, event, cpu_, &Stall::cpu);
      break;
    case EventType::stall_delay:
      count(stall, event, delay_, &Stall::delay);
      break;
    default:  // stall_end
      if (stall.end == StallEnd::open)
        end(stall, event.third_ns > 0 ? event.third_ns : event.t_ns, StallEnd::at_most);
      break;
  }
  touch(stall);
}

/// When there is no more room every second one goes, and from then on only every second one comes.
void Stalls::sample(Stall& stall, const TraceEvent& event) {
  stall.known_ns = std::max(stall.known_ns, event.t_ns);
  sample_kept_ = stall.samples_seen++ % stall.stride == 0;
  if (!sample_kept_)
    return;
  if (stall.samples.size() >= kMostSamples) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < stall.samples.size(); i += 2) stall.samples[kept++] = stall.samples[i];
    stall.samples.resize(kept);
    stall.stride *= 2;
  }
  stall.samples.push_back(
      {event.t_ns, event.thread_doing(), event.name, kNoName, event.has(kStackCut), event.has(kStackTorn)});
}

void Stalls::count(Stall& stall, const TraceEvent& event, Count& of, std::optional<Between> Stall::*known) {
  if (event.has(kLookBefore)) {
    of.before = event.value;
    return;
  }
  const bool after_end = stall.end != StallEnd::open && event.t_ns > stall.end_ns;
  if (!after_end) {
    of.inside = event.value;
    of.inside_ns = event.t_ns;
    stall.*known = of.so_far(stall, look_before_ns_);
    return;
  }
  if (!of.before)
    return;
  // The look came after the end: what the thread did since then may be somebody else's.
  const std::int64_t whole = std::max<std::int64_t>(event.value - *of.before, 0);
  const std::int64_t outside = (stall.begin_ns - look_before_ns_) + (event.t_ns - stall.end_ns);
  Between times{std::max<std::int64_t>(whole - outside, 0), std::min(whole, stall.held_ns())};
  if (const auto inside = of.so_far(stall, look_before_ns_)) {
    times.least_ns = std::max(times.least_ns, inside->least_ns);
    times.most_ns = std::min(times.most_ns, add_ns(inside->most_ns, stall.end_ns - of.inside_ns));
  }
  times.most_ns = std::max(times.least_ns, times.most_ns);
  stall.*known = times;
}

std::optional<Between> Stalls::Count::so_far(const Stall& stall, std::int64_t look_before_ns) const {
  if (!before || !inside)
    return std::nullopt;
  const std::int64_t whole = std::max<std::int64_t>(*inside - *before, 0);
  const std::int64_t least = std::max<std::int64_t>(whole - (stall.begin_ns - look_before_ns), 0);
  return Between{least, std::max(least, std::min(whole, inside_ns - stall.begin_ns))};
}

}  // namespace loopscope::tracer

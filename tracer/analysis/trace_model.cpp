#include "tracer/analysis/trace_model.h"

#include <algorithm>
#include <utility>

#include "tracer/analysis/nesting.h"

namespace loopscope::tracer {

namespace {

Activity activity_of(Phase phase) {
  switch (phase) {
    case Phase::timers:
      return Activity::timers;
    case Phase::pending:
      return Activity::pending;
    case Phase::idle:
      return Activity::idle;
    case Phase::prepare:
      return Activity::prepare;
    case Phase::poll:
      return Activity::poll_io;
    case Phase::check:
      return Activity::check;
    case Phase::closing:
      return Activity::closing;
    case Phase::none:
      break;
  }
  return Activity::unknown;
}

}  // namespace

Phase phase_of(Activity activity) {
  switch (activity) {
    case Activity::timers:
      return Phase::timers;
    case Activity::pending:
      return Phase::pending;
    case Activity::idle:
      return Phase::idle;
    case Activity::prepare:
      return Phase::prepare;
    case Activity::poll_asleep:
    case Activity::poll_no_sleep:
    case Activity::poll_io:
    case Activity::gil_wait:
      return Phase::poll;
    case Activity::check:
      return Phase::check;
    case Activity::closing:
      return Phase::closing;
    case Activity::stopped:
    case Activity::between:
    case Activity::unknown:
      break;
  }
  return Phase::none;
}

void TraceModel::add(const TraceEvent& source) {
  TraceEvent event = source;
  event.t_ns = std::max(event.t_ns, last_event_ns_);
  end_gil_wait(event.t_ns);
  if (pending_loss_ > 0 || off_) {
    gaps_.push_back({last_event_ns_ > 0 ? last_event_ns_ : event.t_ns, event.t_ns,
                     pending_loss_ > 0 ? GapReason::lost : GapReason::not_recorded, pending_loss_, 0});
    pending_loss_ = 0;
    off_ = false;
  }
  mind_the_clock(event);
  if (first_event_ns_ == 0)
    first_event_ns_ = event.t_ns;
  last_event_ns_ = event.t_ns;

  const bool turns = event.type == EventType::phase_begin || event.type == EventType::poll_begin;
  if (turns)
    loop_running_ = true;
  if (event.type == kIterationBegin)
    open_iteration_ = IterationSlice{event.t_ns, 0, event.iteration};
  if (event.type == kIterationEnd)
    end_iteration(event.t_ns);
  switch (event.type) {
    case EventType::loop_start:
      stop(event.t_ns);
      close_activity(event.t_ns, false);
      loop_running_ = true;
      break;
    case EventType::loop_stop:
      stop(event.t_ns);
      loop_running_ = false;
      open_activity(Activity::stopped, event.t_ns);
      break;
    case EventType::level_changed:
      callbacks_recorded_ = event.level() >= Level::callbacks;
      if (event.level() < Level::tasks)
        tracks_.unfollow(open_callbacks_);
      if (event.level() == Level::off) {
        stop(event.t_ns);
        off_ = true;
      }
      break;
    case EventType::phase_begin:
      on_phase_begin(event);
      break;
    case EventType::phase_end:
      close_activity(event.t_ns, false);
      if (event.phase == Phase::idle) {
        const auto run = static_cast<std::uint64_t>(std::max<std::int64_t>(event.value, 0));
        sample_depth(event.t_ns, last_depth_ > run ? last_depth_ - run : 0);
      }
      break;
    case EventType::poll_begin:
      on_poll_begin(event);
      break;
    case EventType::poll_wake:
      on_poll_wake(event);
      break;
    case EventType::poll_end:
      on_poll_end(event);
      break;
    case EventType::callback_begin:
      callbacks_recorded_ = true;
      forget_if_too_deep(open_callbacks_);
      open_callbacks_.push_back({event.t_ns, 0, event.other_ns, event.name, event.callback_kind(),
                                 static_cast<std::uint8_t>(std::min<std::size_t>(open_callbacks_.size(), 255)),
                                 event.phase, event.object});
      break;
    case EventType::callback_end:
      on_callback_end(event);
      break;
    case EventType::bytes_read:
      reads_.push({event.t_ns, event.t_ns, static_cast<std::uint64_t>(event.value), event.object});
      break;
    case EventType::bytes_written:
      writes_.push({event.t_ns, event.t_ns, static_cast<std::uint64_t>(event.value), event.object});
      break;
    case EventType::task_created:
      tracks_.created(event, open_callbacks_);
      break;
    case EventType::task_done:
      tracks_.done(event.object, event.t_ns);
      break;
    default:
      break;
  }
}

void TraceModel::lose(std::uint64_t count) {
  if (count == 0)
    return;
  lost_total_ += count;
  pending_loss_ += count;
  end_gil_wait(last_event_ns_);
  close_activity(last_event_ns_, true);
  end_iteration(last_event_ns_);
  open_poll_.reset();
  open_callbacks_.clear();
  tracks_.doubt();
}

void TraceModel::forget(std::int64_t now_ns) {
  const std::int64_t before = now_ns - limits_.history_ns;
  const std::uint64_t limit = limits_.slice_limit;
  iterations_.forget(before, limit);
  phases_.forget(before, limit);
  polls_.forget(before, limit);
  callbacks_.forget(before, limit);
  nested_.forget(before, limit);
  gil_waits_.forget(before, limit);
  reads_.forget(before, limit);
  writes_.forget(before, limit);
  ready_depths_.forget(before, limit);
  std::erase_if(gaps_, [before](const Gap& gap) { return gap.end_ns < before; });
  const std::size_t gap_limit = 4096;
  if (gaps_.size() > gap_limit)
    gaps_.erase(gaps_.begin(), gaps_.end() - gap_limit);
  // Steps are callbacks, too. If they go back no further than callbacks_, all tracks together hold no more slices than it.
  const std::int64_t oldest =
      callbacks_.empty() ? before : std::max(before, callbacks_[callbacks_.first()].begin_ns);
  tracks_.forget(before, oldest, limit, open_callbacks_);
}

const CallbackSlice* TraceModel::open_step(const TaskTrack& track) const {
  return tracer::open_step(track, open_callbacks_);
}

/// Marks each jump of the clock. Wrong times that follow each other share one mark.
void TraceModel::mind_the_clock(const TraceEvent& event) {
  if (event.clock == ClockFault::none)
    return;
  const std::int64_t begin = last_event_ns_ > 0 ? last_event_ns_ : event.t_ns;
  if (event.clock == ClockFault::jumped) {
    gaps_.push_back({begin, event.t_ns, GapReason::clock_jumped, 0, event.clock_ns});
    return;
  }
  if (gaps_.empty() || gaps_.back().reason != GapReason::wrong_times || gaps_.back().end_ns != begin)
    gaps_.push_back({begin, begin, GapReason::wrong_times, 0, 0});
  Gap& wrong = gaps_.back();
  ++wrong.events;
  wrong.clock_ns = std::max(wrong.clock_ns, event.clock_ns);
}

/// The event that begins a wait for the GIL says how long it was. The next event ends it even if that was too long.
void TraceModel::end_gil_wait(std::int64_t by_ns) {
  if (!gil_wait_)
    return;
  PhaseSlice wait = *gil_wait_;
  gil_wait_.reset();
  if (wait.end_ns > by_ns) {
    wait.end_ns = by_ns;
    if (open_phase_)
      open_phase_->begin_ns = by_ns;
    if (open_poll_)
      open_poll_->gil_wait_ns = by_ns - wait.begin_ns;
  }
  if (wait.end_ns <= wait.begin_ns)
    return;
  phases_.push(wait);
  gil_waits_.push(wait);
}

/// One whose number nobody has told is not shown.
void TraceModel::end_iteration(std::int64_t t_ns) {
  if (open_iteration_ && open_iteration_->number != 0)
    iterations_.push({open_iteration_->begin_ns, t_ns, open_iteration_->number});
  open_iteration_.reset();
}

void TraceModel::open_activity(Activity activity, std::int64_t t_ns) {
  close_activity(t_ns, true);
  open_phase_ = PhaseSlice{t_ns, 0, activity, false};
}

void TraceModel::close_activity(std::int64_t t_ns, bool inferred) {
  if (!open_phase_)
    return;
  if (t_ns > open_phase_->begin_ns) {
    phases_.push({open_phase_->begin_ns, t_ns, open_phase_->activity, inferred});
  }
  open_phase_.reset();
}

void TraceModel::on_phase_begin(const TraceEvent& event) {
  open_activity(activity_of(event.phase), event.t_ns);
  if (event.phase == Phase::idle)
    sample_depth(event.t_ns, static_cast<std::uint64_t>(std::max<std::int64_t>(event.value, 0)));
}

void TraceModel::on_poll_begin(const TraceEvent& event) {
  if (open_iteration_)
    open_iteration_->number = event.iteration;  // after a loss it is not known before the poll
  if (event.other_ns > 0) {
    const std::int64_t earliest = phases_.empty() ? event.t_ns - event.other_ns : phases_.back().end_ns;
    const std::int64_t begin = std::max(event.t_ns - event.other_ns, earliest);
    if (begin < event.t_ns)
      open_activity(Activity::prepare, std::max(begin, open_phase_ ? open_phase_->begin_ns : begin));
  }
  const auto timeout_ms = static_cast<std::int32_t>(event.value);
  open_activity(timeout_ms == 0 ? Activity::poll_no_sleep : Activity::poll_asleep, event.t_ns);
  open_poll_ = PollSlice{event.t_ns, 0, 0, 0, timeout_ms, event.poll_reason(), event.name, 0, event.iteration};
}

void TraceModel::on_poll_wake(const TraceEvent& event) {
  const std::int64_t gil_wait = bounded_ns(event.other_ns);
  open_activity(Activity::poll_io, event.t_ns);
  if (gil_wait > 0) {
    gil_wait_ = PhaseSlice{event.t_ns, bounded_ns(event.t_ns + gil_wait), Activity::gil_wait, false};
    open_phase_->begin_ns = gil_wait_->end_ns;
  }
  if (open_poll_) {
    open_poll_->wake_ns = event.t_ns;
    open_poll_->gil_wait_ns = gil_wait;
  }
}

void TraceModel::on_poll_end(const TraceEvent& event) {
  open_activity(Activity::check, event.t_ns);
  if (!open_poll_)
    return;
  PollSlice poll = *open_poll_;
  poll.end_ns = event.t_ns;
  if (poll.wake_ns == 0)
    poll.wake_ns = event.t_ns;
  poll.io_events = static_cast<std::uint32_t>(std::max<std::int64_t>(event.value, 0));
  polls_.push(poll);
  open_poll_.reset();
}

void TraceModel::on_callback_end(const TraceEvent& event) {
  if (open_callbacks_.empty())
    return;
  CallbackSlice slice = open_callbacks_.back();
  open_callbacks_.pop_back();
  slice.end_ns = event.t_ns;
  if (slice.depth == 0)
    callbacks_.push(slice);
  else
    nested_.push(slice);
  if (slice.kind == CallbackKind::task_step)
    tracks_.add_step(slice);
}

void TraceModel::sample_depth(std::int64_t t_ns, std::uint64_t depth) {
  last_depth_ = depth;
  ready_depths_.push({t_ns, t_ns, depth});
}

void TraceModel::stop(std::int64_t t_ns) {
  close_activity(t_ns, false);
  end_iteration(t_ns);
  open_poll_.reset();
  open_callbacks_.clear();
}

}  // namespace loopscope::tracer

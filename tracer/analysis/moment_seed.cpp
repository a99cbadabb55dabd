#include "tracer/analysis/moment_seed.h"

#include <algorithm>

namespace loopscope::tracer {
namespace {

/// No program has more; a damaged trace may say so.
constexpr std::size_t kMostFound = 1U << 18U;

}  // namespace

void add_what_lives(const EventSource& source, std::int64_t before_ns, Moment& to) {
  for (const auto& handle : source.handles()) {
    if (handle.since_ns >= before_ns)
      continue;
    to.handles.insert_or_assign(handle.id, handle);
    if (handle.interest != 0)
      to.watched.insert_or_assign(handle.fd, handle.interest);
  }
  for (const auto& task : source.tasks()) {
    if (task.since_ns >= before_ns)
      continue;
    StandingTask made{task};
    if (task.stopped_ns == 0 || task.stopped_ns >= before_ns)
      made = {{task.id, task.since_ns, task.name, task.given_name, task.number}};
    to.tasks.insert_or_assign(task.id, made);
  }
}

void MomentSeed::look(const TraceEvent& event) {
  if (!begun_) {
    begun_ = true;
    start_.t_ns = event.t_ns;
    start_.position = event.position;
    const bool told = event.type == EventType::phase_begin || event.type == EventType::poll_begin;
    start_.phase = told ? Phase::none : event.phase;
  }
  if (event.type == EventType::level_changed) {
    if (!first_change_)
      first_change_ = event;
    program_changed_level_ = program_changed_level_ || event.value == 0;
    queue_known_ = queue_known_ && stood_.has_value();
  }
  if (!start_.loop_runs && (event.type == EventType::loop_start || event.type == EventType::loop_stop))
    start_.loop_runs = event.type == EventType::loop_stop;
  if (from_the_first_)
    return;
  look_at_objects(event);
  look_at_callbacks(event);
  look_at_queue(event);
}

void MomentSeed::look_at_objects(const TraceEvent& event) {
  const auto id = event.object;
  switch (event.type) {
    case EventType::handle_opened:
      handles_.insert(id);
      break;
    case EventType::handle_closed:
      if (!handles_.contains(id) && start_.handles.size() < kMostFound)
        start_.handles.try_emplace(id, OpenHandle{id, 0, kNoName, event.handle_kind(), 0, -1});
      break;
    case EventType::watch_changed:
      changed_.insert(event.value);
      break;
    case EventType::timer_set:
      timers_.insert(id);
      break;
    case EventType::timer_fired:
    case EventType::timer_cancelled:
      if (!timers_.contains(id) && start_.timers.size() < kMostFound)
        start_.timers.try_emplace(id, WaitingTimer{event.other_ns, 0, event.name});
      break;
    case EventType::task_created:
      tasks_.insert(id);
      break;
    case EventType::task_done:
      look_at_task(event, event.name);
      break;
    case EventType::step_stopped:
    case EventType::task_named:
      look_at_task(event, kNoName);
      break;
    case EventType::callback_begin:
      if (event.callback_kind() == CallbackKind::task_step)
        look_at_task(event, event.name);
      break;
    case EventType::job_queued:
      jobs_.insert(id);
      break;
    case EventType::job_begun:
    case EventType::job_ended:
      if (!jobs_.contains(id) && start_.jobs.size() < kMostFound)
        start_.jobs.try_emplace(id);
      break;
    case EventType::span_begin:
      spans_.insert(id);
      break;
    case EventType::span_end:
      if (!spans_.contains(id) && start_.spans.size() < kMostFound)
        start_.spans.try_emplace(id, OpenSpan{.name = event.name});
      break;
    default:
      break;
  }
}

void MomentSeed::look_at_task(const TraceEvent& event, NameId name) {
  if (event.object == 0 || tasks_.contains(event.object) || first_change_ || start_.tasks.size() >= kMostFound)
    return;
  auto& task = start_.tasks[event.object];
  task.id = event.object;
  if (task.name == kNoName)
    task.name = name;
}

/// A callback that ends and did not begin was running.
void MomentSeed::look_at_callbacks(const TraceEvent& event) {
  if (event.type == EventType::callback_begin)
    ++depth_;
  if (event.type != EventType::callback_end)
    return;
  if (depth_ > 0) {
    --depth_;
  } else if (start_.running.size() < kMostFound && !first_change_) {
    start_.running.insert(start_.running.begin(), {0, 0, event.name, event.callback_kind(), event.object});
  }
}

void MomentSeed::look_at_queue(const TraceEvent& event) {
  if (stood_ && left_.size() >= *stood_)
    return;
  if (event.type == EventType::queued && !stood_)
    ++joined_;
  else if (event.type == EventType::unqueued)
    leaves({.number = static_cast<std::uint64_t>(event.value)});
  else if (event.type == EventType::callback_begin && event.has(kFromQueue))
    leaves({.name = event.name, .kind = event.callback_kind(), .object = event.object});
  if (stood_ || event.type != EventType::phase_begin || event.phase != Phase::idle || event.value < 0)
    return;
  const auto counted = static_cast<std::uint64_t>(event.value) + left_.size();
  stood_ = counted - std::min(counted, joined_);
}

void MomentSeed::leaves(const QueuedCallback& callback) {
  if (left_.size() < kMostFound)
    left_.push_back(callback);
}

/// Who left first stood there first. Some of them may not have left yet.
void MomentSeed::add_queue(Moment& to) const {
  if (!stood_ || !queue_known_)
    return;
  const auto count = std::min<std::uint64_t>(*stood_, left_.size());
  to.ready.assign(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(count));
  to.ready_untold = 0;
  to.complete.ready = count == *stood_;
}

/// The level before the first change, or the one that is still in force.
std::optional<Level> MomentSeed::first_level(const EventSource& source) const {
  if (!source.has_present())
    return std::nullopt;
  const auto present = source.present().present;
  if (!first_change_)
    return present.level;
  return program_changed_level_ ? std::nullopt : std::optional(present.own_level);
}

Moment MomentSeed::before(const EventSource& source) const {
  Moment made = start_;
  made.level = first_level(source);
  const auto level = made.level.value_or(Level::off);
  if (from_the_first_) {
    made.ready_untold = 0;
    made.complete = {.ready = level == Level::tasks,
                     .timers = level >= Level::callbacks,
                     .handles = level >= Level::phases,
                     .watched = level >= Level::callbacks,
                     .tasks = level == Level::tasks};
    made.loop_runs = made.loop_runs.value_or(false);
    return made;
  }
  if (!made.loop_runs && source.has_present())
    made.loop_runs = source.present().present.running != 0;
  const bool all_have_slots = source.has_present() && source.counters().slots_lost == 0;
  add_what_lives(source, made.t_ns, made);
  std::erase_if(made.watched, [&](const auto& entry) { return changed_.contains(entry.first); });
  if (level == Level::tasks)
    add_queue(made);
  else
    made.tasks.clear();
  for (const auto& callback : made.running)
    if (const auto task = made.tasks.find(callback.object); task != made.tasks.end())
      task->second.running = callback.kind == CallbackKind::task_step;
  made.complete.handles = all_have_slots && level >= Level::phases;
  made.complete.tasks = all_have_slots && level == Level::tasks;
  return made;
}

}  // namespace loopscope::tracer

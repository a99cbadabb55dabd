#include "tracer/analysis/moment.h"

#include <algorithm>
#include <utility>

#include "tracer/analysis/nesting.h"

namespace loopscope::tracer {
namespace {

/// No program has more; a damaged trace may say so.
constexpr std::size_t kMostEntries = 1U << 20U;

template <typename Entry>
Entry* find(std::map<std::uint64_t, Entry>& entries, std::uint64_t id) {
  const auto found = entries.find(id);
  return found == entries.end() ? nullptr : &found->second;
}

template <typename Entry>
void put(std::map<std::uint64_t, Entry>& entries, std::uint64_t id, const Entry& entry) {
  if (entries.size() < kMostEntries)
    entries.insert_or_assign(id, entry);
}

}  // namespace

void Moment::apply(const TraceEvent& event) {
  t_ns = std::max(t_ns, event.t_ns);
  position = event.position;
  const bool told = std::exchange(queue_is_told_, false);
  if (event.type == kIterationBegin)
    iteration = event.iteration;
  switch (event.type) {
    case EventType::loop_start:
      loop_runs = true;
      break;
    case EventType::loop_stop:
      loop_runs = false;
      running.clear();
      phase = Phase::none;
      phase_since_ns = event.t_ns;
      break;
    case EventType::level_changed:
      change_level(event.level());
      break;
    case EventType::phase_begin:
      loop_runs = true;
      phase = event.phase;
      phase_since_ns = event.t_ns;
      if (phase == Phase::idle && level == Level::tasks && event.value >= 0) {
        const auto all = static_cast<std::uint64_t>(event.value);
        ready_untold = all - std::min<std::uint64_t>(all, ready.size());
      }
      if (phase == Phase::closing)
        closing_now_ = static_cast<std::size_t>(std::max<std::int64_t>(event.value, 0));
      break;
    case EventType::phase_end:
      end_phase(event);
      break;
    case EventType::poll_begin:
      loop_runs = true;
      iteration = event.iteration;
      decision = PollDecision{event.t_ns, static_cast<std::int32_t>(event.value), event.poll_reason(), event.name};
      asleep = true;
      if (std::exchange(queue_will_be_told_, false)) {
        ready.clear();
        ready_untold = 0;
        complete.ready = true;
      }
      break;
    case EventType::poll_wake:
    case EventType::poll_end:
      asleep = false;
      break;
    case EventType::callback_begin:
      begin_callback(event);
      break;
    case EventType::callback_end:
      end_callback(event);
      break;
    case EventType::queued:
      if (event.has(kNoticed) && !told)
        ready.clear();
      queue_is_told_ = event.has(kNoticed);
      queue(event);
      break;
    case EventType::unqueued:
      unqueue(event);
      break;
    case EventType::timer_set:
      put(timers, event.object, WaitingTimer{event.other_ns, event.has(kNoticed) ? 0 : event.t_ns, event.name});
      break;
    case EventType::timer_fired:
      timers.erase(event.object);
      if (due.size() < kMostEntries)
        due.push_back(event.object);
      break;
    case EventType::timer_cancelled:
      timers.erase(event.object);
      break;
    case EventType::handle_opened:
      put(handles, event.object,
          OpenHandle{event.object, event.t_ns, event.name, event.handle_kind(), 0, event.value});
      break;
    case EventType::handle_closed:
      handles.erase(event.object);
      break;
    case EventType::handle_closing:
      if (closing.size() < kMostEntries)
        closing.push_back({event.object, event.value});
      break;
    case EventType::watch_changed:
      change_watch(event);
      break;
    case EventType::task_created:
      put(tasks, event.object,
          StandingTask{{.id = event.object,
                        .since_ns = event.task_start() == TaskStart::noticed ? 0 : event.t_ns,
                        .name = event.name}});
      break;
    case EventType::task_named:
      if (StandingTask* task = find(tasks, event.object)) {
        task->given_name = event.name;
        task->number = static_cast<std::uint64_t>(std::max<std::int64_t>(event.value, 0));
      }
      break;
    case EventType::step_stopped:
      stop_step(event);
      break;
    case EventType::task_done:
      tasks.erase(event.object);
      break;
    case EventType::gc_begin:
      collecting = event.kind;
      break;
    case EventType::gc_end:
      collecting.reset();
      break;
    case EventType::job_queued:
      put(jobs, event.object, PoolJob{.kind = event.job_kind(), .name = event.name, .queued_ns = event.t_ns});
      break;
    case EventType::job_begun:
      if (PoolJob* job = find(jobs, event.object)) {
        job->worker = event.name;
        job->begun_ns = event.t_ns;
      }
      break;
    case EventType::job_ended:
      jobs.erase(event.object);
      break;
    case EventType::span_begin:
      put(spans, event.object, OpenSpan{event.name, static_cast<NameId>(event.other), event.t_ns});
      break;
    case EventType::span_end:
      spans.erase(event.object);
      break;
    default:
      break;
  }
}

/// Below level tasks nobody tells of tasks and of the queue; below callbacks, of timers and handles neither.
void Moment::change_level(Level to) {
  const auto from = std::exchange(level, to);
  if (to == Level::tasks && from != Level::tasks) {
    queue_will_be_told_ = true;
    complete.tasks = true;  // what is there is told right behind this event
  }
  if (to < Level::tasks) {
    ready.clear();
    ready_untold.reset();
    tasks.clear();
    complete.ready = complete.tasks = queue_will_be_told_ = false;
  }
  if (to < Level::callbacks) {
    running.clear();
    timers.clear();
    due.clear();
    jobs.clear();
    closing.clear();
    watched.clear();
    complete.timers = complete.watched = false;
  }
  if (to == Level::off) {
    handles.clear();
    complete.handles = false;
    decision.reset();
    asleep = false;
    loop_runs.reset();
    phase = Phase::none;
    iteration = 0;
  }
}

void Moment::lose() {
  Moment unknown;
  unknown.t_ns = t_ns;
  unknown.position = position;
  *this = std::move(unknown);
}

void Moment::begin_callback(const TraceEvent& event) {
  if (event.has(kFromQueue))
    take_first();
  if (event.callback_kind() == CallbackKind::timer)
    std::erase(due, event.object);
  forget_if_too_deep(running);
  running.push_back({event.t_ns, event.other_ns, event.name, event.callback_kind(), event.object});
  if (StandingTask* task = find(tasks, event.object);
      task != nullptr && event.callback_kind() == CallbackKind::task_step)
    task->running = true;
}

void Moment::end_callback(const TraceEvent& event) {
  if (running.empty())
    return;
  running.pop_back();
  if (StandingTask* task = find(tasks, event.object);
      task != nullptr && event.callback_kind() == CallbackKind::task_step)
    task->running = false;
}

void Moment::queue(const TraceEvent& event) {
  if (ready.size() == kMostEntries)
    return;
  QueuedCallback made{.number = static_cast<std::uint64_t>(event.value),
                      .since_ns = event.has(kNoticed) ? 0 : event.t_ns,
                      .name = event.name,
                      .kind = event.callback_kind(),
                      .object = event.object};
  if (event.has(kNoticed))
    made.by = QueuedBy::unknown;
  else if (event.has(kOtherThread))
    made.by = QueuedBy::other_thread;
  else if (running.empty())
    made.by = QueuedBy::loop;
  else
    made.by = QueuedBy::callback, made.cause = running.back();
  if (made.by == QueuedBy::loop && event.phase == Phase::timers && !due.empty())
    due.pop_front();  // also one that was cancelled meanwhile, which has no name any more
  ready.push_back(made);
}

/// The first of the queue leaves it.
void Moment::take_first() {
  if (ready_untold && *ready_untold > 0)
    --*ready_untold;
  else if (!ready.empty())
    ready.pop_front();
}

void Moment::unqueue(const TraceEvent& event) {
  if (event.unqueued() != Unqueued::cleared)
    return take_first();
  ready.clear();
  ready_untold = 0;
}

void Moment::change_watch(const TraceEvent& event) {
  const auto interest = static_cast<std::uint8_t>(event.kind & (kWatchesRead | kWatchesWrite));
  if (interest == 0)
    watched.erase(event.value);
  else if (watched.size() < kMostEntries)
    watched.insert_or_assign(event.value, interest);
}

void Moment::stop_step(const TraceEvent& event) {
  StandingTask* task = find(tasks, event.object);
  if (task == nullptr)
    return;
  task->stopped_ns = event.t_ns;
  task->frame = event.name;
  task->await_kind = event.await_kind();
  task->awaited = event.other;
}

void Moment::end_phase(const TraceEvent& event) {
  if (event.phase == Phase::closing)
    closing.erase(closing.begin(), closing.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                         closing.size(), std::exchange(closing_now_, 0))));
  if (event.phase == Phase::timers)
    due.clear();  // those that were cancelled meanwhile leave without a word
  phase = Phase::none;
  phase_since_ns = event.t_ns;
}

std::vector<std::pair<std::uint64_t, WaitingTimer>> Moment::timers_by_due() const {
  std::vector<std::pair<std::uint64_t, WaitingTimer>> sorted(timers.begin(), timers.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.due_ns < b.second.due_ns; });
  return sorted;
}

std::size_t Moment::size() const {
  return running.size() + ready.size() + timers.size() + due.size() + handles.size() + watched.size() +
         closing.size() + tasks.size() + jobs.size() + spans.size();
}

}  // namespace loopscope::tracer

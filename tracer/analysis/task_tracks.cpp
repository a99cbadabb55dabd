#include "tracer/analysis/task_tracks.h"

#include <tuple>
#include <utility>

namespace loopscope::tracer {

namespace {

/// To be called before a track is added. It removes a quarter at once, because choosing them looks at every track.
template <typename Tracks>
void make_room(Tracks& tracks, std::size_t limit) {
  if (tracks.size() < limit)
    return;
  // A finished task makes room before a live one, an older one before a newer one.
  std::vector<std::tuple<bool, std::int64_t, typename Tracks::key_type>> ages;
  ages.reserve(tracks.size());
  for (const auto& [key, track] : tracks) ages.emplace_back(track.done_ns == 0, track.seen_ns(), key);
  const auto surplus = static_cast<std::ptrdiff_t>(tracks.size() - limit + limit / 4 + 1);
  const auto end = ages.begin() + std::min(surplus, static_cast<std::ptrdiff_t>(ages.size()));
  std::nth_element(ages.begin(), end - 1, ages.end());
  for (auto age = ages.begin(); age != end; ++age) tracks.erase(std::get<2>(*age));
}

}  // namespace

const CallbackSlice* open_step(const TaskTrack& track, const OpenCallbacks& open) {
  for (const CallbackSlice& callback : open) {
    if (callback.kind == CallbackKind::task_step &&
        (track.object != 0 ? callback.object == track.object : callback.name == track.name))
      return &callback;
  }
  return nullptr;
}

void TaskTracks::add_step(const CallbackSlice& step) {
  const auto account = [&step](TaskTrack& track) {
    track.steps.push(step);
    ++track.steps_total;
    track.run_total_ns = add_ns(track.run_total_ns, step.duration_ns());
    track.waited_worst_ns = std::max(track.waited_worst_ns, step.waited_ns());
  };
  account(coroutine_track(step.name));
  if (step.object != 0)
    account(task_track(step.object, step.name, step.begin_ns));
}

void TaskTracks::done(std::uint64_t object, std::int64_t t_ns) {
  const auto track = tasks_.find(object);
  if (track == tasks_.end())
    return;
  track->second.done_ns = t_ns;
  track->second.followed = false;
}

void TaskTracks::doubt() {
  for (auto& [object, track] : tasks_) track.followed = false;
}

void TaskTracks::created(const TraceEvent& event, OpenCallbacks& open) {
  const auto address = static_cast<std::uint64_t>(event.value);
  const bool is_new = event.task_start() == TaskStart::created;
  const auto before = address == 0 ? tasks_.end() : tasks_.find(address);
  if (before != tasks_.end() && is_new)
    before->second.done_ns = before->second.seen_ns();  // another task has its address now
  else if (before != tasks_.end() && before->second.name == event.name)
    know_again(address, event.object, open);
  TaskTrack& track = task_track(event.object, event.name, event.t_ns);
  track.address = address;
  track.followed = true;
  // If the task was first seen at a step, it is not known when it was created.
  if (track.steps.empty() && is_new)
    track.created_ns = event.t_ns;
}

/// The task of the track `object` is from now on called `as`: its number, or its address.
void TaskTracks::know_again(std::uint64_t object, std::uint64_t as, OpenCallbacks& open) {
  if (object == as)
    return;
  auto node = tasks_.extract(object);
  if (node.empty())
    return;
  node.key() = as;
  node.mapped().object = as;
  tasks_.erase(as);
  tasks_.insert(std::move(node));
  for (CallbackSlice& callback : open) {
    if (callback.kind == CallbackKind::task_step && callback.object == object)
      callback.object = as;
  }
}

void TaskTracks::unfollow(OpenCallbacks& open) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> live;
  for (auto& [number, track] : tasks_) {
    track.followed = false;
    if (track.address != 0 && track.done_ns == 0)
      live.emplace_back(number, std::exchange(track.address, 0));
  }
  for (const auto& [number, address] : live) know_again(number, address, open);
}

void TaskTracks::note_live(const std::vector<LiveTask>& live, std::int64_t now_ns) {
  for (auto& [number, track] : tasks_) track.followed = false;
  for (const LiveTask& task : live) {
    if (tasks_.contains(task.number) || tasks_.size() < task_limit_)
      task_track(task.number, task.name, now_ns).followed = true;
  }
  for (auto& [number, track] : tasks_) {
    if (track.address != 0 && !track.followed && track.done_ns == 0)
      track.done_ns = now_ns;
  }
}

TaskTrack& TaskTracks::coroutine_track(NameId name) {
  if (!coroutines_.contains(name))
    make_room(coroutines_, coroutine_limit_);
  TaskTrack& track = coroutines_[name];
  track.name = name;
  return track;
}

/// The track of the task that was alive at `since_ns`.
TaskTrack& TaskTracks::task_track(std::uint64_t object, NameId name, std::int64_t since_ns) {
  const auto found = tasks_.find(object);
  if (found != tasks_.end()) {
    // Below level tasks the object is an address, which Python may give to a new task once the old one is gone. The last step
    // of a task ends after the task is done, but it began before.
    const bool gone = found->second.done_ns > 0 && since_ns > found->second.done_ns;
    if (gone || found->second.name != name) {
      found->second = TaskTrack{};
      found->second.object = object;
      found->second.name = name;
    }
    return found->second;
  }
  make_room(tasks_, task_limit_);
  TaskTrack& track = tasks_[object];
  track.object = object;
  track.name = name;
  return track;
}

void TaskTracks::forget(std::int64_t before_ns, std::int64_t oldest_ns, std::uint64_t slice_limit,
                        const OpenCallbacks& open) {
  for (auto& [name, track] : coroutines_) track.steps.forget(oldest_ns, slice_limit);
  for (auto& [object, track] : tasks_) track.steps.forget(oldest_ns, slice_limit);
  const auto silent = [&](const auto& entry) {
    const TaskTrack& track = entry.second;
    return !track.followed && track.seen_ns() < before_ns && open_step(track, open) == nullptr;
  };
  std::erase_if(tasks_, silent);
  std::erase_if(coroutines_, silent);
  for (const CallbackSlice& callback : open) {
    if (callback.kind != CallbackKind::task_step)
      continue;
    coroutine_track(callback.name);
    if (callback.object != 0)
      task_track(callback.object, callback.name, callback.begin_ns);
  }
}

}  // namespace loopscope::tracer

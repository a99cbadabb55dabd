#pragma once
/// Every type of event that the loop's thread writes while it runs, by the verb that writes it: for those who measure each alone.
///
/// Not here: loop_start, loop_stop, level_changed and clock_anchor, which come at most about once a second and ask the kernel; and
/// pause_begin and pause_end, which nothing writes yet.

#include <array>
#include <cstddef>
#include <cstdint>

#include "tracer/write/recorder.h"

namespace loopscope::bench {

/// So many events of a type are written in a row. Callbacks nest as deep and are still remembered.
inline constexpr std::size_t kInARow = 16;

/// What the verbs are given.
struct Scene {
  tracer::Recorder& to;
  tracer::NameId name;
  std::array<std::uint64_t, kInARow> ids{};  ///< of what is open
  std::uint64_t last_task = 0;

  void open_handles() {
    for (auto& id : ids) id = to.handle_opened(tracer::HandleKind::tcp, name, 5);
  }
  void close_handles() {
    for (const auto id : ids) to.handle_closed(tracer::HandleKind::tcp, id);
  }
  void create_tasks() {
    for (auto& id : ids) to.task_created(name, id = ++last_task);
  }
  void end_tasks() {
    for (const auto id : ids) to.task_done(name, id);
  }
  void begin_callbacks() {
    for (std::uint64_t i = 0; i < kInARow; ++i) to.callback_begin(tracer::CallbackKind::soon, name, i, 0, i);
  }
  void end_callbacks() {
    for (std::size_t i = 0; i < kInARow; ++i) to.callback_end();
  }
};

/// Calls visit(type, level, before, write, after) for each type. write(scene, i) writes one event of it, i = 0 … kInARow - 1, between
/// before(scene) and after(scene).
template <typename Visit>
void for_each_event_kind(Visit&& visit) {
  using tracer::AwaitKind;
  using tracer::CallbackKind;
  using tracer::EventType;
  using tracer::HandleKind;
  using tracer::JobEnd;
  using tracer::JobKind;
  using tracer::Level;
  using tracer::Phase;
  using tracer::PollReason;
  using tracer::Unqueued;
  const auto nothing = [](Scene&) {};

  visit(
      EventType::phase_begin, Level::phases, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.phase_begin(Phase::idle, i); }, nothing);
  visit(
      EventType::phase_end, Level::phases, nothing, [](Scene& scene, std::uint64_t i) { scene.to.phase_end(i); },
      nothing);
  visit(
      EventType::poll_begin, Level::phases, nothing,
      [](Scene& scene, std::uint64_t i) {
        scene.to.poll_begin({0, PollReason::ready_callbacks, scene.name, i, 2, 3});
      },
      nothing);
  visit(
      EventType::poll_wake, Level::phases, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.poll_wake(scene.to.ticks(), i, true); }, nothing);
  visit(
      EventType::poll_end, Level::phases, nothing, [](Scene& scene, std::uint64_t) { scene.to.poll_end(1); },
      nothing);
  visit(
      EventType::wakeup, Level::phases, nothing, [](Scene& scene, std::uint64_t) { scene.to.wakeup(); }, nothing);
  visit(
      EventType::handle_opened, Level::phases, nothing,
      [](Scene& scene, std::uint64_t i) { scene.ids[i] = scene.to.handle_opened(HandleKind::tcp, scene.name, 5); },
      [](Scene& scene) { scene.close_handles(); });
  visit(
      EventType::handle_closed, Level::phases, [](Scene& scene) { scene.open_handles(); },
      [](Scene& scene, std::uint64_t i) { scene.to.handle_closed(HandleKind::tcp, scene.ids[i]); }, nothing);
  visit(
      EventType::handle_closing, Level::phases, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.handle_closing(i, 5); }, nothing);
  visit(
      EventType::gc_begin, Level::phases, nothing,
      [](Scene& scene, std::uint64_t) { scene.to.gc_begin(0, false); }, nothing);
  visit(
      EventType::gc_end, Level::phases, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.gc_end(0, i, 0, false); }, nothing);
  visit(
      EventType::mark, Level::phases, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.mark(scene.name, tracer::kNoName, i); }, nothing);
  visit(
      EventType::span_begin, Level::phases, nothing,
      [](Scene& scene, std::uint64_t i) { scene.ids[i] = scene.to.span_begin(scene.name, tracer::kNoName); },
      nothing);
  visit(
      EventType::span_end, Level::phases, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.span_end(i + 1, scene.name); }, nothing);

  visit(
      EventType::callback_begin, Level::callbacks, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.callback_begin(CallbackKind::soon, scene.name, i, 0, i); },
      [](Scene& scene) { scene.end_callbacks(); });
  visit(
      EventType::callback_end, Level::callbacks, [](Scene& scene) { scene.begin_callbacks(); },
      [](Scene& scene, std::uint64_t) { scene.to.callback_end(); }, nothing);
  visit(
      EventType::timer_set, Level::callbacks, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.timer_set(scene.name, i, i); }, nothing);
  visit(
      EventType::timer_fired, Level::callbacks, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.timer_fired(scene.name, i, i, scene.to.ticks()); }, nothing);
  visit(
      EventType::timer_cancelled, Level::callbacks, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.timer_cancelled(scene.name, i); }, nothing);
  visit(
      EventType::bytes_read, Level::callbacks, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.bytes_read(1, i); }, nothing);
  visit(
      EventType::bytes_written, Level::callbacks, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.bytes_written(1, i); }, nothing);
  visit(
      EventType::watch_changed, Level::callbacks, [](Scene& scene) { scene.open_handles(); },
      [](Scene& scene, std::uint64_t i) { scene.to.watch_changed(scene.ids[i], 5, tracer::kWatchesRead); },
      [](Scene& scene) { scene.close_handles(); });
  visit(
      EventType::job_queued, Level::callbacks, nothing,
      [](Scene& scene, std::uint64_t i) { scene.ids[i] = scene.to.job_queued(JobKind::executor, scene.name); },
      nothing);
  visit(
      EventType::job_begun, Level::callbacks, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.job_begun(i + 1, scene.name); }, nothing);
  visit(
      EventType::job_ended, Level::callbacks, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.job_ended(i + 1, JobEnd::returned, false); }, nothing);

  visit(
      EventType::queued, Level::tasks, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.queued(CallbackKind::soon, scene.name, i); }, nothing);
  visit(
      EventType::unqueued, Level::tasks, nothing,
      [](Scene& scene, std::uint64_t) { scene.to.unqueued(Unqueued::runs); }, nothing);
  visit(
      EventType::task_created, Level::tasks, nothing,
      [](Scene& scene, std::uint64_t i) { scene.to.task_created(scene.name, scene.ids[i] = ++scene.last_task); },
      [](Scene& scene) { scene.end_tasks(); });
  visit(
      EventType::task_done, Level::tasks, [](Scene& scene) { scene.create_tasks(); },
      [](Scene& scene, std::uint64_t i) { scene.to.task_done(scene.name, scene.ids[i]); }, nothing);
  visit(
      EventType::step_stopped, Level::tasks, [](Scene& scene) { scene.create_tasks(); },
      [](Scene& scene, std::uint64_t i) { scene.to.step_stopped(scene.ids[i], AwaitKind::future, scene.name, 0); },
      [](Scene& scene) { scene.end_tasks(); });
  visit(
      EventType::task_named, Level::tasks, [](Scene& scene) { scene.create_tasks(); },
      [](Scene& scene, std::uint64_t i) { scene.to.task_named(scene.ids[i], tracer::kNoName, i + 1); },
      [](Scene& scene) { scene.end_tasks(); });
}

}  // namespace loopscope::bench

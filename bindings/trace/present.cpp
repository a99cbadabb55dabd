#include "bindings/trace/present.h"

#include <pybind11/stl.h>

#include "bindings/trace/names.h"
#include "tracer/words.h"

namespace loopscope::bindings {

using namespace loopscope::tracer;

namespace {

template <typename Object>
py::dict object_to_dict(const EventSource& source, const Object& object) {
  py::dict made;
  made["id"] = object.id;
  made["since_ns"] = object.since_ns;
  made["name"] = function_name(source, object.name);
  return made;
}

}  // namespace

py::list tasks_of(const EventSource& source) {
  py::list made;
  for (const auto& task : source.tasks()) {
    auto entry = object_to_dict(source, task);
    put_standing(entry, source, task);
    made.append(entry);
  }
  return made;
}

py::list handles_of(const EventSource& source) {
  py::list made;
  for (const auto& handle : source.handles()) {
    auto entry = object_to_dict(source, handle);
    entry["kind"] = handle_kind_name(handle.kind);
    entry["fd"] = handle.fd;
    entry["reads"] = (handle.interest & kWatchesRead) != 0;
    entry["writes"] = (handle.interest & kWatchesWrite) != 0;
    made.append(entry);
  }
  return made;
}

py::dict present_of(const EventSource& source) {
  const auto [present, torn] = source.present();
  py::dict made;
  made["torn"] = torn;
  made["running"] = present.running != 0;
  made["level"] = level_name(present.level);
  made["own_level"] = level_name(present.own_level);
  made["phase"] = phase_name(present.phase);
  made["phase_since_ns"] = source.to_ns(present.phase_since_ticks);
  made["iteration"] = present.iteration;
  made["poll_reason"] = reason_name(present.poll_reason);
  made["poll_timeout_ms"] = present.poll_timeout_ms;
  made["poll_culprit"] = function_name(source, present.poll_culprit);
  made["callback"] = function_name(source, present.callback_name);
  made["callback_kind"] = callback_kind_name(present.callback_kind);
  made["callback_depth"] = present.callback_depth;
  made["callback_since_ns"] = source.to_ns(present.callback_since_ticks);
  made["ready_depth"] = present.ready_depth;
  made["timers_pending"] = present.timers_pending;
  made["next_timer_ns"] = present.next_timer_ns;
  return made;
}

py::dict counters_of(const EventSource& source) {
  const auto counters = source.counters();
  py::dict made;
  made["events"] = source.head();
  made["names_lost"] = source.track_counts().names_lost;
  made["iterations"] = counters.iterations;
  made["io_events"] = counters.io_events;
  made["callbacks"] = counters.callbacks;
  made["bytes_read"] = counters.bytes_read;
  made["bytes_written"] = counters.bytes_written;
  made["timers_set"] = counters.timers_set;
  made["timers_fired"] = counters.timers_fired;
  made["timers_cancelled"] = counters.timers_cancelled;
  made["handles_opened"] = counters.handles_opened;
  made["handles_closed"] = counters.handles_closed;
  made["tasks_created"] = counters.tasks_created;
  made["tasks_done"] = counters.tasks_done;
  made["tasks_live"] = counters.tasks_live;
  made["tasks_destroyed"] = counters.tasks_destroyed;
  made["slots_lost"] = counters.slots_lost;
  made["memory_refused"] = counters.memory_refused;
  return made;
}

}  // namespace loopscope::bindings

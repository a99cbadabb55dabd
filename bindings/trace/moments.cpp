#include "bindings/trace/moments.h"

#include <pybind11/stl.h>

#include <cstdint>
#include <string>

#include "bindings/trace/names.h"
#include "tracer/analysis/moments.h"
#include "tracer/read/session.h"
#include "tracer/words.h"

namespace loopscope::bindings {

using namespace loopscope::tracer;

namespace {

/// A trace and the moments of it.
struct PythonMoments {
  explicit PythonMoments(const EventSource& trace) : source(trace), moments(trace) {}
  const EventSource& source;
  Moments moments;
};

class Words {
 public:
  explicit Words(const EventSource& source) : source_(source) {}

  [[nodiscard]] py::object name(NameId id) const { return function_name(source_, id); }

  [[nodiscard]] py::dict running(const RunningCallback& callback) const {
    py::dict made;
    made["name"] = name(callback.name);
    made["kind"] = callback_kind_name(callback.kind);
    made["object"] = callback.object;
    made["begin_ns"] = known(callback.begin_ns);
    made["ready_ns"] = known(callback.ready_ns);
    return made;
  }
  [[nodiscard]] py::dict queued(const QueuedCallback& callback) const {
    py::dict made;
    made["number"] = callback.number;
    made["name"] = name(callback.name);
    made["kind"] = callback_kind_name(callback.kind);
    made["object"] = callback.object;
    made["since_ns"] = known(callback.since_ns);
    made["by"] = callback.by == QueuedBy::callback ? py::object(running(callback.cause)) : py::none();
    made["by_whom"] = who(callback.by);
    return made;
  }
  [[nodiscard]] py::dict timer(std::uint64_t id, const WaitingTimer& timer) const {
    py::dict made;
    made["id"] = id;
    made["due_ns"] = known(timer.due_ns);
    made["set_ns"] = known(timer.set_ns);
    made["name"] = name(timer.name);
    return made;
  }
  [[nodiscard]] py::dict handle(std::uint64_t id, const OpenHandle& handle) const {
    py::dict made;
    made["id"] = id;
    made["kind"] = handle_kind_name(handle.kind);
    made["name"] = name(handle.name);
    made["fd"] = handle.fd < 0 ? py::object(py::none()) : py::cast(handle.fd);
    made["since_ns"] = known(handle.since_ns);
    return made;
  }
  [[nodiscard]] py::dict task(std::uint64_t id, const StandingTask& task) const {
    py::dict made;
    made["id"] = id;
    made["name"] = name(task.name);
    made["since_ns"] = known(task.since_ns);
    made["running"] = task.running;
    put_standing(made, source_, task);
    return made;
  }
  [[nodiscard]] py::dict job(std::uint64_t id, const PoolJob& job) const {
    py::dict made;
    made["id"] = id;
    made["kind"] = job_kind_name(job.kind);
    made["name"] = name(job.name);
    made["worker"] = name(job.worker);
    made["queued_ns"] = known(job.queued_ns);
    made["begun_ns"] = known(job.begun_ns);
    return made;
  }
  [[nodiscard]] py::object decision(const std::optional<PollDecision>& decided) const {
    if (!decided)
      return py::none();
    py::dict made;
    made["t_ns"] = decided->t_ns;
    made["timeout_ms"] = decided->timeout_ms;
    made["reason"] = reason_name(decided->reason);
    made["culprit"] = name(decided->culprit);
    return made;
  }

 private:
  static std::string who(QueuedBy by) {
    switch (by) {
      case QueuedBy::callback:
        return "callback";
      case QueuedBy::loop:
        return "loop";
      case QueuedBy::other_thread:
        return "other_thread";
      case QueuedBy::unknown:
        break;
    }
    return "unknown";
  }

  const EventSource& source_;
};

template <typename Entries, typename Say>
py::list list_of(const Entries& entries, Say say) {
  py::list made;
  for (const auto& entry : entries) made.append(say(entry));
  return made;
}

py::dict moment_of(const EventSource& source, const Moment& moment) {
  const Words words(source);
  const auto with_id = [](auto say) {
    return [say](const auto& entry) { return say(entry.first, entry.second); };
  };
  py::dict made;
  made["t_ns"] = moment.t_ns;
  made["position"] = moment.position;
  made["level"] = moment.level ? py::cast(level_name(*moment.level)) : py::none();
  made["loop_runs"] = moment.loop_runs;
  made["iteration"] = moment.iteration;
  made["phase"] = phase_name(moment.phase);
  made["phase_since_ns"] = known(moment.phase_since_ns);
  made["asleep"] = moment.asleep;
  made["decision"] = words.decision(moment.decision);
  made["collecting"] = moment.collecting;
  made["running"] = list_of(moment.running, [&](const auto& entry) { return words.running(entry); });
  made["ready"] = list_of(moment.ready, [&](const auto& entry) { return words.queued(entry); });
  made["ready_untold"] = moment.ready_untold;
  made["due"] = list_of(moment.due, [](auto id) { return id; });
  made["timers"] =
      list_of(moment.timers_by_due(), with_id([&](auto id, const auto& timer) { return words.timer(id, timer); }));
  made["handles"] =
      list_of(moment.handles, with_id([&](auto id, const auto& handle) { return words.handle(id, handle); }));
  py::dict watched;
  for (const auto& [fd, interest] : moment.watched)
    watched[py::cast(fd)] = py::make_tuple((interest & kWatchesRead) != 0, (interest & kWatchesWrite) != 0);
  made["watched"] = watched;
  made["closing"] =
      list_of(moment.closing, [](const auto& handle) { return py::make_tuple(handle.id, handle.fd); });
  made["tasks"] = list_of(moment.tasks, with_id([&](auto id, const auto& task) { return words.task(id, task); }));
  made["jobs"] = list_of(moment.jobs, with_id([&](auto id, const auto& job) { return words.job(id, job); }));
  made["spans"] = list_of(moment.spans, with_id([&](auto, const auto& span) { return words.name(span.name); }));
  py::dict complete;
  complete["ready"] = moment.complete.ready;
  complete["timers"] = moment.complete.timers;
  complete["handles"] = moment.complete.handles;
  complete["watched"] = moment.complete.watched;
  complete["tasks"] = moment.complete.tasks;
  made["complete"] = complete;
  return made;
}

}  // namespace

void bind_moments(py::module_& module) {
  py::class_<PythonMoments>(module, "Moments")
      .def(py::init<const Session&>(), py::arg("session"), py::keep_alive<1, 2>())
      .def("follow",
           [](PythonMoments& self) {
             const auto end = self.source.head();  // a program that goes on writing is not followed for ever
             while (self.moments.follow(end))
               if (PyErr_CheckSignals() != 0)
                 throw py::error_already_set();
           })
      .def(
          "at",
          [](const PythonMoments& self, std::int64_t t_ns) -> py::object {
            const auto moment = self.moments.at(t_ns);
            return moment ? py::object(moment_of(self.source, *moment)) : py::none();
          },
          py::arg("t_ns"))
      .def_property_readonly("first_ns", [](const PythonMoments& self) { return self.moments.first_ns(); })
      .def_property_readonly("last_ns", [](const PythonMoments& self) { return self.moments.last_ns(); })
      .def_property_readonly("events", [](const PythonMoments& self) { return self.moments.events(); })
      .def_property_readonly("lost", [](const PythonMoments& self) { return self.moments.lost(); })
      .def_property_readonly("key_frames", [](const PythonMoments& self) { return self.moments.key_frames(); })
      .def_property_readonly("bytes", [](const PythonMoments& self) { return self.moments.bytes(); });
}

}  // namespace loopscope::bindings

/// loopscope._trace: sessions for Python, by the same readers that the app uses.
///
/// pybind11 throughout: nothing here runs on a loop. bindings/loopscope/_trace.pyi says what there is.
/// Thread: the GIL guards every object. Errors: what the readers say in a sentence becomes a TraceError.

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/trace/python_sink.h"
#include "tracer/export/dump.h"
#include "tracer/export/event_details.h"
#include "tracer/export/jsonl.h"
#include "tracer/format.h"
#include "tracer/read/event_stream.h"
#include "tracer/read/printable.h"
#include "tracer/read/program_name.h"
#include "tracer/read/session.h"
#include "tracer/read/session_list.h"
#include "tracer/read/trace_event.h"
#include "tracer/system/session_directory.h"
#include "tracer/words.h"

namespace py = pybind11;

namespace loopscope::bindings {
namespace {

using namespace loopscope::tracer;

class TraceError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// What a session says may be cut within a character, or be a lie: never an error here.
py::str text(std::string_view bytes) {
  auto* made = PyUnicode_DecodeUTF8(bytes.data(), static_cast<py::ssize_t>(bytes.size()), "replace");
  if (made == nullptr)
    throw py::error_already_set();
  return py::reinterpret_steal<py::str>(made);
}

template <std::size_t kSize>
py::str text(const char (&field)[kSize]) {
  return text(std::string_view(field, ::strnlen(field, kSize)));
}

/// A path as Python has them: what is no UTF-8 is kept, in surrogates.
py::str path_text(const std::string& path) {
  auto* made = PyUnicode_DecodeFSDefaultAndSize(path.data(), static_cast<py::ssize_t>(path.size()));
  if (made == nullptr)
    throw py::error_already_set();
  return py::reinterpret_steal<py::str>(made);
}

/// A property that reads a string member.
template <typename Owner>
auto text_of(std::string Owner::*member) {
  return [member](const Owner& owner) { return text(owner.*member); };
}

// -- the directory -----------------------------------------------------------------------------------------

std::vector<SessionEntry> sessions() {
  std::string error;
  auto entries = list_sessions(error);
  if (entries.empty() && !error.empty())
    throw TraceError(error);
  return entries;
}

py::str path_of_session(const std::string& wanted) {
  std::string error;
  auto path = find_session(wanted, error);
  if (path.empty())
    throw TraceError(error);
  return path_text(path);
}

int clean() {
  std::string error;
  const auto removed = clean_dead_sessions(error);
  if (removed == 0 && !error.empty())
    throw TraceError(error);
  return removed;
}

void bind_directory(py::module_& module) {
  py::class_<SessionEntry>(module, "SessionEntry")
      .def_property_readonly("path", [](const SessionEntry& entry) { return path_text(entry.path); })
      .def_property_readonly("id", text_of(&SessionEntry::id))
      .def_readonly("pid", &SessionEntry::pid)
      .def_readonly("loop_number", &SessionEntry::loop_number)
      .def_readonly("alive", &SessionEntry::alive)
      .def_readonly("readable", &SessionEntry::readable)
      .def_property_readonly("problem", text_of(&SessionEntry::problem))
      .def_property_readonly("program", text_of(&SessionEntry::program))
      .def_property_readonly("title", [](const SessionEntry& entry) { return text(program_title(entry.program)); })
      .def_property_readonly("line", [](const SessionEntry& entry) { return text(program_line(entry.program)); })
      .def_property_readonly("python_version", text_of(&SessionEntry::python_version))
      .def_property_readonly("libuv_version", text_of(&SessionEntry::libuv_version))
      .def_readonly("created_realtime_ns", &SessionEntry::created_realtime_ns)
      .def_readonly("level", &SessionEntry::level);
  module.def("list_sessions", &sessions);
  module.def("find_session", &path_of_session, py::arg("wanted") = "");
  module.def("clean_dead_sessions", &clean);
}

// -- names and objects -------------------------------------------------------------------------------------

/// A function's name as Python keeps it: a copy that outlives its session.
struct FunctionName {
  std::string function;
  std::string file;
  std::uint32_t line;
};

py::object function_name(const Session& session, NameId id) {
  if (id == kNoName)
    return py::none();
  const auto name = session.name(id);
  return py::cast(FunctionName{std::string(name.function), std::string(name.file), name.line});
}

template <typename Object>
py::dict object_to_dict(const Session& session, const Object& object) {
  py::dict made;
  made["id"] = object.id;
  made["since_ns"] = object.since_ns;
  made["name"] = function_name(session, object.name);
  return made;
}

/// asyncio's name for it; None if it is not known.
py::object task_name(const Session& session, const OpenTask& task) {
  if (task.given_name != kNoName)
    return text(std::string(session.name(task.given_name).function));
  return task.number == 0 ? py::object(py::none()) : text("Task-" + std::to_string(task.number));
}

/// A frame and those above it: a chain of coroutines, outermost first.
py::list chain_of(const Session& session, NameId frame) {
  std::vector<FunctionName> chain;
  for (const NameId at : frames_of(session, frame)) {
    const auto name = session.name(at);
    chain.push_back({std::string(name.function), std::string(name.file), name.line});
  }
  std::reverse(chain.begin(), chain.end());
  return py::cast(chain);
}

py::list tasks_of(const Session& session) {
  py::list made;
  for (const auto& task : session.tasks()) {
    auto entry = object_to_dict(session, task);
    entry["given_name"] = task_name(session, task);
    entry["stopped_ns"] = task.stopped_ns == 0 ? py::object(py::none()) : py::cast(task.stopped_ns);
    entry["stands"] = chain_of(session, task.frame);
    entry["awaits"] = task.stopped_ns == 0 ? py::object(py::none()) : py::cast(await_kind_name(task.await_kind));
    entry["awaited"] = task.awaited;
    made.append(entry);
  }
  return made;
}

py::list handles_of(const Session& session) {
  py::list made;
  for (const auto& handle : session.handles()) {
    auto entry = object_to_dict(session, handle);
    entry["kind"] = handle_kind_name(handle.kind);
    entry["fd"] = handle.fd;
    entry["reads"] = (handle.interest & kWatchesRead) != 0;
    entry["writes"] = (handle.interest & kWatchesWrite) != 0;
    made.append(entry);
  }
  return made;
}

// -- the present -------------------------------------------------------------------------------------------

py::dict present_of(const Session& session) {
  const auto [present, torn] = session.present();
  py::dict made;
  made["torn"] = torn;
  made["running"] = present.running != 0;
  made["level"] = level_name(present.level);
  made["own_level"] = level_name(present.own_level);
  made["phase"] = phase_name(present.phase);
  made["phase_since_ns"] = session.to_ns(present.phase_since_ticks);
  made["iteration"] = present.iteration;
  made["poll_reason"] = reason_name(present.poll_reason);
  made["poll_timeout_ms"] = present.poll_timeout_ms;
  made["poll_culprit"] = function_name(session, present.poll_culprit);
  made["callback"] = function_name(session, present.callback_name);
  made["callback_kind"] = callback_kind_name(present.callback_kind);
  made["callback_depth"] = present.callback_depth;
  made["callback_since_ns"] = session.to_ns(present.callback_since_ticks);
  made["ready_depth"] = present.ready_depth;
  made["timers_pending"] = present.timers_pending;
  made["next_timer_ns"] = present.next_timer_ns;
  return made;
}

py::dict counters_of(const Session& session) {
  const auto counters = session.counters();
  py::dict made;
  made["events"] = session.head();
  made["names_lost"] = session.track_counts().names_lost;
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

// -- events ------------------------------------------------------------------------------------------------

std::string_view word_of_kind(const TraceEvent& event) {
  switch (event.type) {
    case EventType::poll_begin:
      return reason_name(event.poll_reason());
    case EventType::callback_begin:
    case EventType::callback_end:
      return callback_kind_name(event.callback_kind());
    case EventType::handle_opened:
    case EventType::handle_closed:
      return handle_kind_name(event.handle_kind());
    case EventType::level_changed:
      return level_name(event.level());
    case EventType::task_created:
      return event.task_start() == TaskStart::noticed ? "noticed" : "created";
    case EventType::task_done:
      return event.task_end() == TaskEnd::destroyed ? "destroyed" : "done";
    case EventType::queued:
      return callback_kind_name(event.callback_kind());
    case EventType::unqueued:
      return unqueued_name(event.unqueued());
    case EventType::step_stopped:
      return await_kind_name(event.await_kind());
    case EventType::job_queued:
      return job_kind_name(event.job_kind());
    case EventType::job_ended:
      return job_end_name(event.job_end());
    default:
      return "";
  }
}

/// Walks a session's ring from its oldest event to the one that was the newest when it set out.
class EventIterator {
 public:
  EventIterator(const Session& session, bool boundaries)
      : session_(session),
        stream_(session, boundaries ? Boundaries::all : Boundaries::observed),
        end_(session.head()),
        lost_before_(stream_.cursor()) {}

  const TraceEvent& next() {
    while (at_ == stream_.events().size()) {
      at_ = 0;
      if (!stream_.read(end_))
        throw py::stop_iteration();
    }
    return stream_.events()[at_++];
  }
  [[nodiscard]] const Session& session() const { return session_; }
  [[nodiscard]] std::uint64_t lost() const { return lost_before_ + stream_.lost_total(); }

 private:
  const Session& session_;
  EventStream stream_;
  std::uint64_t end_;
  std::uint64_t lost_before_;
  std::size_t at_ = 0;
};

struct PythonEvent {
  TraceEvent event;
  py::object name;
};

void bind_events(py::module_& module) {
  py::class_<FunctionName>(module, "Name")
      .def_property_readonly("function", text_of(&FunctionName::function))
      .def_property_readonly("file", text_of(&FunctionName::file))
      .def_readonly("line", &FunctionName::line)
      .def("__repr__", [](const FunctionName& name) {
        return text(name.function + " " + name.file + ":" + std::to_string(name.line));
      });
  py::class_<PythonEvent>(module, "TraceEvent")
      .def_property_readonly("t_ns", [](const PythonEvent& self) { return self.event.t_ns; })
      .def_property_readonly("type", [](const PythonEvent& self) { return trace_event_name(self.event.type); })
      .def_property_readonly("phase", [](const PythonEvent& self) { return phase_name(self.event.phase); })
      .def_property_readonly("kind", [](const PythonEvent& self) { return word_of_kind(self.event); })
      .def_readonly("name", &PythonEvent::name)
      .def_property_readonly("inferred", [](const PythonEvent& self) { return self.event.inferred; })
      .def_property_readonly("iteration", [](const PythonEvent& self) { return self.event.iteration; })
      .def_property_readonly("object", [](const PythonEvent& self) { return self.event.object; })
      .def_property_readonly("value", [](const PythonEvent& self) { return self.event.value; })
      .def_property_readonly("other", [](const PythonEvent& self) { return self.event.other; })
      .def_property_readonly("flags", [](const PythonEvent& self) { return self.event.flags; })
      .def_property_readonly("other_ns", [](const PythonEvent& self) { return self.event.other_ns; })
      .def_property_readonly("clock", [](const PythonEvent& self) { return clock_fault_name(self.event.clock); })
      .def_property_readonly("clock_ns", [](const PythonEvent& self) { return self.event.clock_ns; })
      .def_property_readonly("position", [](const PythonEvent& self) { return self.event.position; });
  py::class_<EventIterator>(module, "EventIterator")
      .def("__iter__", [](py::object self) { return self; })
      .def("__next__",
           [](EventIterator& self) {
             const auto& event = self.next();
             return PythonEvent{event, function_name(self.session(), event.name)};
           })
      .def_property_readonly("lost", &EventIterator::lost);
}

// -- a session ---------------------------------------------------------------------------------------------

std::unique_ptr<Session> open_session(const std::string& path) {
  auto opened = Session::open(path);
  if (!opened.session)
    throw TraceError(opened.message);
  opened.session->calibrate();
  return std::move(opened.session);
}

std::vector<std::string_view> phase_order_of(const Session& session) {
  std::vector<std::string_view> order;
  for (const auto phase : session.header().phase_order) order.push_back(phase_name(static_cast<Phase>(phase)));
  return order;
}

/// The clock may have drifted, or the machine been suspended, since Python opened the session.
const Session& up_to_date(Session& session) {
  session.calibrate();
  return session;
}

void dump(const Session& session, py::function write) {
  write_to_python(std::move(write), [&](std::ostream& out) { write_dump(session, out); });
}

std::uint64_t export_jsonl(const Session& session, py::function write) {
  std::uint64_t lines = 0;
  write_to_python(std::move(write), [&](std::ostream& out) { lines = write_jsonl(session, out); });
  return lines;
}

void bind_session(py::module_& module) {
  py::class_<Session>(module, "Session")
      .def(py::init(&open_session), py::arg("path"))
      .def_property_readonly("path", [](const Session& self) { return path_text(self.path()); })
      .def_property_readonly("alive", &Session::alive)
      .def_property_readonly("pid", [](const Session& self) { return self.header().pid; })
      .def_property_readonly("loop_number", [](const Session& self) { return self.header().loop_number; })
      .def_property_readonly("format_version", [](const Session& self) { return self.header().format_version; })
      .def_property_readonly("program", [](const Session& self) { return text(self.header().program); })
      .def_property_readonly("python_version",
                             [](const Session& self) { return text(self.header().python_version); })
      .def_property_readonly("libuv_version",
                             [](const Session& self) { return text(self.header().libuv_version); })
      .def_property_readonly("created_monotonic_ns",
                             [](const Session& self) { return self.header().created_monotonic_ns; })
      .def_property_readonly("created_realtime_ns",
                             [](const Session& self) { return self.header().created_realtime_ns; })
      .def_property_readonly("clock_known", &Session::clock_known)
      .def_property_readonly("ring_events", [](const Session& self) { return self.ring_capacity(); })
      .def_property_readonly("ring_length", [](const Session& self) { return self.ring_length(); })
      .def_property_readonly("phase_order", &phase_order_of)
      .def("present", [](Session& self) { return present_of(up_to_date(self)); })
      .def("counters", &counters_of)
      .def("handles", [](Session& self) { return handles_of(up_to_date(self)); })
      .def("tasks", [](Session& self) { return tasks_of(up_to_date(self)); })
      .def(
          "events",
          [](Session& self, bool boundaries) {
            return std::make_unique<EventIterator>(up_to_date(self), boundaries);
          },
          py::arg("boundaries") = false, py::keep_alive<0, 1>())
      .def(
          "dump", [](Session& self, py::function write) { dump(up_to_date(self), std::move(write)); },
          py::arg("write"))
      .def(
          "export_jsonl",
          [](Session& self, py::function write) { return export_jsonl(up_to_date(self), std::move(write)); },
          py::arg("write"));
}

}  // namespace
}  // namespace loopscope::bindings

PYBIND11_MODULE(_trace, module) {
  using namespace loopscope::bindings;
  using loopscope::tracer::printable;
  module.doc() = "Sessions of loops, live and dead, for reading.";
  module.attr("FORMAT_VERSION") = loopscope::tracer::kFormatVersion;
  pybind11::register_exception<TraceError>(module, "TraceError");
  module.def("printable", &printable, pybind11::arg("text"));
  bind_directory(module);
  bind_events(module);
  bind_session(module);
}

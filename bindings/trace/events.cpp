#include "bindings/trace/events.h"

#include <string_view>

#include "bindings/trace/names.h"
#include "tracer/words.h"

namespace loopscope::bindings {

using namespace loopscope::tracer;

namespace {

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
    case EventType::stall_begin:
    case EventType::stall_end:
      return stall_kind_name(event.stall_kind());
    case EventType::stall_sample:
      return thread_doing_name(event.thread_doing());
    case EventType::job_queued:
      return job_kind_name(event.job_kind());
    case EventType::job_ended:
      return job_end_name(event.job_end());
    default:
      return "";
  }
}

struct PythonEvent {
  TraceEvent event;
  py::object name;
  py::object stack;  ///< of a sample, innermost first; else None
};

}  // namespace

EventIterator::EventIterator(const EventSource& source, bool boundaries)
    : source_(source),
      stream_(source, boundaries ? Boundaries::all : Boundaries::observed),
      end_(source.heads()),
      lost_before_(stream_.cursor()) {}

const TraceEvent& EventIterator::next() {
  while (at_ == stream_.events().size()) {
    at_ = 0;
    if (!stream_.read(end_))
      throw py::stop_iteration();
  }
  return stream_.events()[at_++];
}

void bind_events(py::module_& module) {
  py::class_<PythonEvent>(module, "TraceEvent")
      .def_property_readonly("t_ns", [](const PythonEvent& self) { return self.event.t_ns; })
      .def_property_readonly("type", [](const PythonEvent& self) { return trace_event_name(self.event.type); })
      .def_property_readonly("track", [](const PythonEvent& self) { return track_name(self.event.track); })
      .def_property_readonly("phase", [](const PythonEvent& self) { return phase_name(self.event.phase); })
      .def_property_readonly("kind", [](const PythonEvent& self) { return word_of_kind(self.event); })
      .def_readonly("name", &PythonEvent::name)
      .def_readonly("stack", &PythonEvent::stack)
      .def_property_readonly("inferred", [](const PythonEvent& self) { return self.event.inferred; })
      .def_property_readonly("iteration", [](const PythonEvent& self) { return self.event.iteration; })
      .def_property_readonly("object", [](const PythonEvent& self) { return self.event.object; })
      .def_property_readonly("value", [](const PythonEvent& self) { return self.event.value; })
      .def_property_readonly("other", [](const PythonEvent& self) { return self.event.other; })
      .def_property_readonly("flags", [](const PythonEvent& self) { return self.event.flags; })
      .def_property_readonly("other_ns", [](const PythonEvent& self) { return self.event.other_ns; })
      .def_property_readonly("third_ns", [](const PythonEvent& self) { return self.event.third_ns; })
      .def_property_readonly("clock", [](const PythonEvent& self) { return clock_fault_name(self.event.clock); })
      .def_property_readonly("clock_ns", [](const PythonEvent& self) { return self.event.clock_ns; })
      .def_property_readonly("position", [](const PythonEvent& self) { return self.event.position; });
  py::class_<EventIterator>(module, "EventIterator")
      .def("__iter__", [](py::object self) { return self; })
      .def("__next__",
           [](EventIterator& self) {
             const auto& event = self.next();
             const bool has_stack = event.type == EventType::stall_sample;
             return PythonEvent{
                 event, function_name(self.source(), event.name, event.track),
                 has_stack ? py::object(stack_of(self.source(), event.name, event.track)) : py::none()};
           })
      .def_property_readonly("lost", &EventIterator::lost);
}

}  // namespace loopscope::bindings

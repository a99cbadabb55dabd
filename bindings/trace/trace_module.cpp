/// loopscope._trace: sessions for Python, by the same readers that the app uses.
///
/// pybind11 throughout: nothing here runs on a loop. bindings/loopscope/_trace.pyi says what there is.
/// Thread: the GIL guards every object. Errors: what the readers say in a sentence becomes a TraceError.

#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/trace/directory.h"
#include "bindings/trace/events.h"
#include "bindings/trace/moments.h"
#include "bindings/trace/names.h"
#include "bindings/trace/present.h"
#include "bindings/trace/python_sink.h"
#include "bindings/trace/stalls.h"
#include "bindings/trace/texts.h"
#include "tracer/export/dump.h"
#include "tracer/export/jsonl.h"
#include "tracer/format.h"
#include "tracer/read/printable.h"
#include "tracer/read/session.h"
#include "tracer/words.h"

namespace loopscope::bindings {
namespace {

using namespace loopscope::tracer;

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
      .def_property_readonly("ring_events", [](const Session& self) { return self.ring().capacity; })
      .def_property_readonly("ring_length", [](const Session& self) { return self.ring().length; })
      .def_property_readonly("phase_order", &phase_order_of)
      .def("present", [](Session& self) { return present_of(up_to_date(self)); })
      .def("counters", [](const Session& self) { return counters_of(self); })
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
  py::register_exception<TraceError>(module, "TraceError");
  module.def("printable", &printable, py::arg("text"));
  bind_directory(module);
  bind_names(module);
  bind_events(module);
  bind_session(module);
  bind_moments(module);
  bind_stalls(module);
}

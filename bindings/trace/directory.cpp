#include "bindings/trace/directory.h"

#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "tracer/read/program_name.h"
#include "tracer/read/session_list.h"

namespace loopscope::bindings {

using namespace loopscope::tracer;

namespace {

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

}  // namespace

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

}  // namespace loopscope::bindings

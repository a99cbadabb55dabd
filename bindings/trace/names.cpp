#include "bindings/trace/names.h"

#include <pybind11/stl.h>

#include <vector>

#include "tracer/words.h"

namespace loopscope::bindings {

using namespace loopscope::tracer;

py::object function_name(const EventSource& source, NameId id, Track track) {
  if (id == kNoName)
    return py::none();
  const auto name = source.name(id, track);
  return py::cast(FunctionName{std::string(name.function), std::string(name.file), name.line});
}

py::list stack_of(const EventSource& source, NameId frame, Track track) {
  std::vector<FunctionName> stack;
  for (const NameId at : source.frames(frame, track)) {
    const auto name = source.name(at, track);
    stack.push_back({std::string(name.function), std::string(name.file), name.line});
  }
  return py::cast(stack);
}

py::list chain_of(const EventSource& source, NameId frame) {
  py::list chain = stack_of(source, frame, Track::loop);
  chain.attr("reverse")();
  return chain;
}

py::object known(std::int64_t t_ns) {
  return t_ns == 0 ? py::object(py::none()) : py::cast(t_ns);
}

void put_standing(py::dict& made, const EventSource& source, const OpenTask& task) {
  if (task.given_name != kNoName)
    made["given_name"] = text(source.name(task.given_name).function);
  else
    made["given_name"] = task.number == 0 ? py::object(py::none()) : text("Task-" + std::to_string(task.number));
  made["stopped_ns"] = known(task.stopped_ns);
  made["stands"] = chain_of(source, task.frame);
  made["awaits"] = task.stopped_ns == 0 ? py::object(py::none()) : py::cast(await_kind_name(task.await_kind));
  made["awaited"] = task.awaited;
}

void bind_names(py::module_& module) {
  py::class_<FunctionName>(module, "Name")
      .def_property_readonly("function", text_of(&FunctionName::function))
      .def_property_readonly("file", text_of(&FunctionName::file))
      .def_readonly("line", &FunctionName::line)
      .def("__repr__", [](const FunctionName& name) {
        return text(name.function + " " + name.file + ":" + std::to_string(name.line));
      });
}

}  // namespace loopscope::bindings

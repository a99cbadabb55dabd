#include "bindings/trace/stalls.h"

#include <pybind11/stl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bindings/trace/names.h"
#include "tracer/analysis/stall_words.h"
#include "tracer/analysis/stalls.h"
#include "tracer/read/event_stream.h"
#include "tracer/read/session.h"
#include "tracer/words.h"

namespace loopscope::bindings {

using namespace loopscope::tracer;

namespace {

/// A trace and the stalls in it.
class PythonStalls {
 public:
  explicit PythonStalls(Session& session) : session_(session), stream_(session, Boundaries::all) {}

  /// Those of which something new was learnt.
  py::list follow() {
    py::list changed;
    session_.calibrate();
    const auto end = session_.heads();  // a program that goes on writing is not followed for ever
    while (stream_.read(end)) {
      if (PyErr_CheckSignals() != 0)
        throw py::error_already_set();
      take_batch();
      // A stall that leaves the window is told before it goes.
      if (stalls_.stalls().size() >= kMost / 2)
        tell(changed);
    }
    tell(changed);
    return changed;
  }

 private:
  static constexpr std::size_t kMost = 1024;

  void take_batch() {
    for (const Track track : {Track::loop, Track::watchdog})
      if (stream_.lost(track) > 0)
        stalls_.lose(track);
    for (const auto& event : stream_.events()) stalls_.add(event);
  }
  void tell(py::list& changed) {
    for (const Stall& stall : stalls_.stalls())
      if (stall.revision > told_)
        changed.append(dict_of(stall));
    told_ = stalls_.revision();
  }
  [[nodiscard]] py::dict dict_of(const Stall& stall) const;
  [[nodiscard]] py::object task_of(const Stall& stall) const;
  void put_line(py::dict& made, const Stall& stall) const;

  Session& session_;
  EventStream stream_;
  Stalls stalls_{kMost};
  std::uint64_t told_ = 0;
};

py::object between(const std::optional<Between>& known) {
  return known ? py::object(py::make_tuple(known->least_ns, known->most_ns)) : py::none();
}

py::object PythonStalls::task_of(const Stall& stall) const {
  if (!stall.task)
    return py::none();
  if (stall.task->given_name != kNoName)
    return text(session_.name(stall.task->given_name).function);
  return stall.task->number == 0 ? py::object(py::none()) : text("Task-" + std::to_string(stall.task->number));
}

py::object name_of(const Name& name) {
  return py::cast(FunctionName{std::string(name.function), std::string(name.file), name.line});
}

void PythonStalls::put_line(py::dict& made, const Stall& stall) const {
  const auto line = line_of(stall, [this](NameId frame) {
    std::vector<Name> stack;
    for (const NameId at : session_.frames(frame, Track::watchdog))
      stack.push_back(session_.name(at, Track::watchdog));
    return stack;
  });
  py::list stack;
  if (line)
    for (const Name& name : line->stack) stack.append(name_of(name));
  made["line"] = line ? name_of(line->told()) : py::none();
  made["own"] = line && line->own.has_value();
  made["stack"] = stack;
  made["line_samples"] = line ? line->samples : 0;
  made["line_of"] = line ? line->of : 0;
}

py::dict PythonStalls::dict_of(const Stall& stall) const {
  const auto label = label_of(stall);
  const auto call = label.system_call == kNoName ? Name{} : session_.name(label.system_call, Track::watchdog);
  py::dict made;
  made["number"] = stall.number;
  made["t_ns"] = stall.begin_ns;
  made["held_ns"] = stall.held_ns();
  made["end"] = stall.end == StallEnd::open ? "open" : stall.end == StallEnd::exact ? "exact" : "at_most";
  made["settled"] = stall.settled;
  made["kind"] = stall.kind ? py::cast(stall_kind_name(*stall.kind)) : py::none();
  made["phase"] = phase_name(stall.phase);
  made["callback"] = stall.callback ? function_name(session_, stall.callback->name) : py::none();
  made["callback_kind"] = stall.callback ? py::cast(callback_kind_name(stall.callback->kind)) : py::none();
  made["callback_text"] =
      stall.callback && stall.callback->name != kNoName
          ? py::object(text(callable_text(session_.name(stall.callback->name), stall.callback->kind)))
          : py::none();
  made["task"] = task_of(stall);
  made["doing"] = thread_doing_name(label.doing);
  made["label"] = text(label_text(label, call.function));
  made["label_samples"] = label.samples;
  made["system_call"] = label.system_call == kNoName ? py::object(py::none()) : py::object(text(call.function));
  made["cpu_ns"] = between(stall.cpu);
  made["delay_ns"] = between(stall.delay);
  made["samples"] = stall.samples_seen;
  put_line(made, stall);
  made["waited"] = stall.harm ? py::cast(stall.harm->waited) : py::none();
  made["harmed_ns"] = stall.harm ? py::cast(stall.harm->harmed_ns) : py::none();
  return made;
}

}  // namespace

void bind_stalls(py::module_& module) {
  py::class_<PythonStalls>(module, "Stalls")
      .def(py::init<Session&>(), py::arg("session"), py::keep_alive<1, 2>())
      .def("follow", &PythonStalls::follow);
}

}  // namespace loopscope::bindings

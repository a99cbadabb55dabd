#include "bindings/naming/watch_kind.h"

#include <array>

#include "bindings/kit/py_ref.h"

namespace loopscope::bindings {

using tracer::CallbackKind;
using tracer::HandleKind;

namespace {

/// A private method of asyncio that watches a descriptor, and what that means.
struct Known {
  const char* module;
  const char* owner;
  const char* method;
  CallbackKind callback;
  HandleKind handle;
  const char* protocol_method;  ///< the name is the protocol's method; null: see name_of()
  bool transports = false;      ///< see WatchKind
  PyObject* function = nullptr;
};

std::array<Known, 9>& known_methods() {
  static constexpr auto kSelector = "asyncio.selector_events";
  static constexpr auto kUnix = "asyncio.unix_events";
  static constexpr auto kPipes = "loopscope.pipes";
  static std::array<Known, 9> table{{
      {kSelector, "BaseSelectorEventLoop", "_accept_connection", CallbackKind::accept, HandleKind::listener,
       nullptr},
      {kSelector, "BaseSelectorEventLoop", "_read_from_self", CallbackKind::internal, HandleKind::wakeup, nullptr},
      {kSelector, "_SelectorDatagramTransport", "_read_ready", CallbackKind::datagram_received, HandleKind::udp,
       "datagram_received"},
      {kSelector, "_SelectorDatagramTransport", "_sendto_ready", CallbackKind::resume_writing, HandleKind::udp,
       "resume_writing"},
      {kPipes, "ReadPipeTransport", "_read_ready", CallbackKind::data_received, HandleKind::pipe, "data_received",
       true},
      {kPipes, "WritePipeTransport", "_read_ready", CallbackKind::connection_lost, HandleKind::pipe,
       "connection_lost", true},
      {kPipes, "WritePipeTransport", "_write_ready", CallbackKind::resume_writing, HandleKind::pipe,
       "resume_writing", true},
      {kUnix, "PidfdChildWatcher", "_do_wait", CallbackKind::internal, HandleKind::process, nullptr},
      {kUnix, "_PidfdChildWatcher", "_do_wait", CallbackKind::internal, HandleKind::process, nullptr},
  }};
  return table;
}

/// Looks the functions up once; a Python that lacks one simply never matches it.
const std::array<Known, 9>& loaded_methods() {
  static bool loaded = false;
  auto& table = known_methods();
  if (loaded)
    return table;
  loaded = true;
  for (Known& known : table) {
    const PyRef module = PyRef::steal(PyImport_ImportModule(known.module));
    const PyRef owner = PyRef::steal(module ? PyObject_GetAttrString(module.get(), known.owner) : nullptr);
    known.function = owner ? PyObject_GetAttrString(owner.get(), known.method) : nullptr;
    PyErr_Clear();
  }
  return table;
}

tracer::NameId name_of(const Known& known, CallbackNames& names, tracer::Recorder& recorder, PyObject* callback,
                       PyObject* const* args, Py_ssize_t count) {
  if (!recorder.on())
    return tracer::kNoName;
  if (known.callback == CallbackKind::accept && count > 0)
    return names.describe(recorder, args[0], known.callback).name;  // the protocol factory
  if (known.protocol_method == nullptr)
    return names.describe(recorder, callback, known.callback).name;
  const PyRef protocol = PyRef::steal(PyObject_GetAttrString(PyMethod_GET_SELF(callback), "_protocol"));
  const PyRef method = PyRef::steal(PyUnicode_InternFromString(known.protocol_method));
  if (!protocol || !method || protocol.get() == Py_None) {
    PyErr_Clear();
    return names.describe(recorder, callback, known.callback).name;
  }
  return names.method(recorder, protocol.get(), method.get());
}

}  // namespace

WatchKind watch_kind(CallbackNames& names, tracer::Recorder& recorder, PyObject* callback, PyObject* const* args,
                     Py_ssize_t count, CallbackKind otherwise) {
  if (PyMethod_Check(callback)) {
    PyObject* function = PyMethod_GET_FUNCTION(callback);
    for (const Known& known : loaded_methods()) {
      if (known.function == function)
        return {known.callback, known.handle, name_of(known, names, recorder, callback, args, count),
                known.transports};
    }
  }
  const tracer::NameId name = recorder.on() ? names.describe(recorder, callback, otherwise).name : tracer::kNoName;
  return {otherwise, HandleKind::watcher, name, false};
}

}  // namespace loopscope::bindings

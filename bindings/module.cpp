/// loopscope._native: registers the native types, and little else.
///
/// A module as CPython makes one, not pybind11: that asks for the GIL before it lets us refuse a sub-interpreter, and up
/// to Python 3.11 never gets it there.

#include <Python.h>
#include <uv.h>

#include "bindings/datagram/datagram_transport.h"
#include "bindings/eventloop/handle.h"
#include "bindings/eventloop/literal_lookup.h"
#include "bindings/eventloop/loop_object.h"
#include "bindings/eventloop/pool_job.h"
#include "bindings/kit/death_watch.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/transport_table.h"
#include "bindings/kit/type_kit.h"
#include "bindings/sock/sock_call.h"
#include "bindings/stalls/stack_readings.h"
#include "bindings/stalls/stall_watch.h"
#include "bindings/stream/stream_transport.h"
#include "bindings/tls/tls_protocol.h"
#include "loop/fd_watcher.h"

namespace loopscope::bindings {
namespace {

/// The types and interned names are the process's: a second interpreter would share objects it must not.
bool is_main_interpreter() {
  if (PyInterpreterState_Get() == PyInterpreterState_Main())
    return true;
  PyErr_SetString(PyExc_ImportError,
                  "loopscope runs in the main interpreter only: import it there, or use asyncio's own loop in "
                  "sub-interpreters");
  return false;
}

PyObject* living_watchers(PyObject*, PyObject*) {
  return PyLong_FromLongLong(loop::FdWatcher::living());
}

PyMethodDef functions[] = {
    {"living_watchers", method<living_watchers>(), METH_NOARGS,
     "How many descriptors' watchers (libuv's poll handles) were made in this process and not freed yet."},
    {"literal_addresses", method<literal_addresses>(), METH_FASTCALL,
     "literal_addresses(host, port, family, type, proto, flags): as socket.getaddrinfo(), or None if that might "
     "have to "
     "look something up."},
    {"get_stall_threshold", method<get_stall_threshold>(), METH_NOARGS,
     "How long, in seconds, something may be open in a loop before it is a stall; 0: nobody watches."},
    {"set_stall_threshold", method<set_stall_threshold>(), METH_O,
     "set_stall_threshold(seconds): of loops that are made from now on."},
    {"read_stacks", method<read_stacks>(), METH_VARARGS,
     "read_stacks(thread, times): copies of a thread's stack while it runs, as the watchdog takes them. How many "
     "are "
     "whole, how many changed meanwhile, how many had no frame, and how often each frame was seen."},
    {"stop_watchdog", method<stop_watchdog>(), METH_NOARGS,
     "End the watchdog's thread. It starts again when a loop next turns."},
    {"watchdog_forked", method<watchdog_forked>(), METH_NOARGS,
     "In the child of a fork, before anything else: its thread is the parent's."},
    {"watchdog_state", method<watchdog_state>(), METH_NOARGS,
     "Whether the watchdog has a thread, and whether it can read stacks here (not known before the first run)."},
    {nullptr, nullptr, 0, nullptr},
};

bool fill(PyObject* module) {
  return load_runtime() && load_death_watch() && add_handle_types(module) && make_transport_table_type() &&
         add_loop_type(module) && add_pool_job_type(module) && add_stream_transport_type(module) &&
         add_sock_call_type(module) && add_sock_method_type(module) && add_datagram_transport_type(module) &&
         add_tls_types(module) && PyModule_AddFunctions(module, functions) == 0 &&
         PyModule_AddStringConstant(module, "libuv_version", uv_version_string()) == 0;
}

/// The one module of the process, also if it is imported anew: loops that live on know its types.
PyObject* create(PyObject*, PyModuleDef*) {
  static PyObject* module = nullptr;
  if (!is_main_interpreter())
    return nullptr;
  if (module == nullptr)
    module = PyModule_New("loopscope._native");
  Py_XINCREF(module);
  return module;
}

int execute(PyObject* module) {
  static bool filled = false;
  filled = filled || fill(module);
  return filled ? 0 : -1;
}

// Initialised in two phases, so that each interpreter asks: it would be given a copy of the module otherwise.
PyModuleDef_Slot slots[] = {
    {Py_mod_create, reinterpret_cast<void*>(create)},
    {Py_mod_exec, reinterpret_cast<void*>(execute)},
    {0, nullptr},
};

PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    "_native",
    "The native parts of loopscope: the loop, its handles, its transports.",
    0,
    nullptr,
    slots,
    nullptr,
    nullptr,
    nullptr,
};

}  // namespace
}  // namespace loopscope::bindings

PyMODINIT_FUNC PyInit__native() {
  return PyModuleDef_Init(&loopscope::bindings::definition);
}

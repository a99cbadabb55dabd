#pragma once
/// The process's watchdog, and how long something may be open before it is a stall.
///
/// Thread: the GIL. Owner: of the watchdog, for ever: its thread may outlive everything else. Errors: Python exceptions.

#include <Python.h>

#include <cstdint>

#include "tracer/write/watchdog.h"

namespace loopscope::bindings {

tracer::Watchdog& watchdog();

/// For loops that are made from now on; 0: nobody watches.
std::uint64_t stall_threshold_ns();

/// LOOPSCOPE_STALL_MS, once. False with an exception set if its warning is one.
bool read_stall_threshold();

PyObject* get_stall_threshold(PyObject*, PyObject*);
PyObject* set_stall_threshold(PyObject*, PyObject* seconds);
/// Around os.fork(): see loopscope/stalls.py.
PyObject* stop_watchdog(PyObject*, PyObject*);
PyObject* watchdog_forked(PyObject*, PyObject*);
PyObject* watchdog_state(PyObject*, PyObject*);

}  // namespace loopscope::bindings

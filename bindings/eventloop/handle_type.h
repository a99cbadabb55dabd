#pragma once
/// The Python types of handles: what a program sees of one. handle.cpp makes, frees and cancels them.
/// Thread: the GIL.

#include <Python.h>

#include "bindings/eventloop/handle.h"

namespace loopscope::bindings {

/// Made by add_handle_types(), once for the process.
struct HandleTypes {
  PyTypeObject* soon = nullptr;
  PyTypeObject* timer = nullptr;
  PyTypeObject* threadsafe = nullptr;  ///< null before Python 3.14
};
extern HandleTypes handle_types;

// -- handle.cpp: the slots of the types

void handle_dealloc(PyObject* object);
int handle_traverse(PyObject* object, visitproc visit, void* arg);
int handle_clear(PyObject* object);
/// Shows the handle's context to the garbage collector: before it is given to anybody, and before it is let go, because its own
/// destructor expects to be tracked.
void track_context(HandleObject* handle);

}  // namespace loopscope::bindings

#pragma once
/// An attribute of an object, asked for where it does not matter why there is none.
/// Thread: the GIL. Owner: the result is a reference of its own. Errors: none; what is raised is forgotten, and the result is null,
/// as it is for an object or a name that is null.

#include <Python.h>

#include "bindings/kit/py_ref.h"

namespace loopscope::bindings {

inline PyRef attribute(PyObject* object, PyObject* name) {
  PyRef found = PyRef::steal(object != nullptr && name != nullptr ? PyObject_GetAttr(object, name) : nullptr);
  PyErr_Clear();
  return found;
}

inline PyRef attribute(PyObject* object, const char* name) {
  PyRef found = PyRef::steal(object != nullptr ? PyObject_GetAttrString(object, name) : nullptr);
  PyErr_Clear();
  return found;
}

}  // namespace loopscope::bindings

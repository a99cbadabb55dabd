#pragma once
/// Attributes that are fields of a C++ struct, for a PyGetSetDef whose closure is the field's offset.
/// Thread: the GIL. Errors: Python exceptions.

#include <Python.h>

#include <cstddef>

#include "bindings/kit/py_ref.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

/// A closure: at(offsetof(Object, field)).
inline void* at(std::size_t offset) {
  return reinterpret_cast<void*>(offset);
}
template <typename Field>
Field& field(PyObject* object, void* offset) {
  return *reinterpret_cast<Field*>(reinterpret_cast<char*>(object) + reinterpret_cast<std::size_t>(offset));
}

/// A reference that may be null, which Python sees as None.
inline PyObject* get_object(PyObject* object, void* offset) {
  return or_none(field<PyObject*>(object, offset));
}
inline int set_object(PyObject* object, PyObject* value, void* offset) {
  assign(field<PyObject*>(object, offset), value == Py_None ? nullptr : value);
  return 0;
}

}  // namespace loopscope::bindings

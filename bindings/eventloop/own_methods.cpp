#include "bindings/eventloop/own_methods.h"

#include "bindings/eventloop/loop_methods.h"
#include "bindings/eventloop/loop_object.h"
#include "bindings/kit/runtime.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

namespace {

struct Known {
  OwnMethod bit;
  PyObject* const Runtime::*name;
  PyCFunction native;
};
const Known kKnown[] = {
    {kTime, &Runtime::time, method<py_time>()},  // as LoopBase's table has them
    {kCallAt, &Runtime::call_at, method<call_at>()},
    {kCreateFuture, &Runtime::create_future, method<create_future>()},
};

/// A method of LoopBase's type.
bool is_native(const PyObject* found, PyCFunction native) {
  return found != nullptr && Py_IS_TYPE(found, &PyMethodDescr_Type) &&
         reinterpret_cast<const PyMethodDescrObject*>(found)->d_method->ml_meth == native;
}

/// The same, bound to `loop`: what is there after somebody put back what he had found.
bool is_native_of(PyObject* value, PyCFunction native, const PyObject* loop) {
  return PyCFunction_Check(value) && PyCFunction_GET_FUNCTION(value) == native &&
         PyCFunction_GET_SELF(value) == loop;
}

}  // namespace

void OwnMethods::look_through(PyTypeObject* type) {
  unsigned found = 0;
  for (const Known& known : kKnown) {
    if (!is_native(_PyType_Lookup(type, runtime().*known.name), known.native))
      found |= known.bit;
  }
  type_ = type;
  version_ = version_of(type);
  in_class_ = found;
}

void OwnMethods::attribute_set(PyObject* name, PyObject* value, PyObject* loop) {
  for (const Known& known : kKnown) {
    PyObject* const own_name = runtime().*known.name;
    if (name != own_name && PyUnicode_Compare(name, own_name) != 0)
      continue;
    const bool own = value != nullptr && !is_native_of(value, known.native, loop);
    in_loop_ = own ? in_loop_ | known.bit : in_loop_ & ~static_cast<unsigned>(known.bit);
  }
}

int set_loop_attribute(PyObject* loop, PyObject* name, PyObject* value) {
  if (PyObject_GenericSetAttr(loop, name, value) != 0)
    return -1;
  as_loop(loop)->state->own_methods.attribute_set(name, value, loop);
  return 0;
}

}  // namespace loopscope::bindings

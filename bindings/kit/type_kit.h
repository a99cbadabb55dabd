#pragma once
/// Small helpers for the CPython types of this folder. Thread: the GIL. Errors: Python exceptions.

#include <Python.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <new>
#include <type_traits>

namespace loopscope::bindings {

/// A new reference to `object`, or to None if it is null.
inline PyObject* or_none(PyObject* object) {
  PyObject* result = object != nullptr ? object : Py_None;
  Py_INCREF(result);
  return result;
}

/// A method's function as a PyMethodDef has it, whatever its arguments are: its flags say that.
template <typename Function>
PyCFunction as_method(Function* function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

/// A function for CPython to call, whose C frames no C++ exception may cross. Where memory runs out it fails with a MemoryError.
template <auto kFunction>
struct Guarded;
template <typename Result, typename... Arguments, Result (*kFunction)(Arguments...)>
struct Guarded<kFunction> {
  static Result call(Arguments... arguments) {
    try {
      return kFunction(arguments...);
    } catch (const std::bad_alloc&) {
      PyErr_NoMemory();
    }
    if constexpr (std::is_pointer_v<Result>)
      return nullptr;
    else
      return static_cast<Result>(-1);
  }
};

/// A guarded method, as a PyMethodDef has it.
template <auto kFunction>
PyCFunction method() {
  return as_method(Guarded<kFunction>::call);
}

/// The one argument of a METH_FASTCALL | METH_KEYWORDS method, by position or as the keyword `name`. Borrowed; null with a
/// TypeError set.
inline PyObject* one_argument(const char* method, const char* name, PyObject* const* args, Py_ssize_t count,
                              PyObject* keywords) {
  const Py_ssize_t keyword_count = keywords != nullptr ? PyTuple_GET_SIZE(keywords) : 0;
  if (count == 1 && keyword_count == 0) [[likely]]
    return args[0];
  if (count == 0 && keyword_count == 1 &&
      PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(keywords, 0), name) == 0)
    return args[0];
  PyErr_Format(PyExc_TypeError, "%s() takes exactly one argument, '%s' (%zd given)", method, name,
               count + keyword_count);
  return nullptr;
}

/// A table of methods or properties: `common` ones, then a type's `own`, which end the table with an empty entry.
template <typename Entry, std::size_t kCommon, std::size_t kOwn>
std::array<Entry, kCommon + kOwn> joined(const Entry (&common)[kCommon], const Entry (&own)[kOwn]) {
  std::array<Entry, kCommon + kOwn> table;
  std::copy(std::begin(common), std::end(common), table.begin());
  std::copy(std::begin(own), std::end(own), table.begin() + kCommon);
  return table;
}

/// A heap type derived from the Python class `base`. Its instances have their own fields from `first_own_field` on.
/// Null with an exception set, also if the base class has outgrown the room left for it.
PyTypeObject* make_heap_type(PyType_Spec& spec, PyObject* base, std::size_t first_own_field);

/// A tp_new that makes an instance's dict only when it is needed. Up to Python 3.12 object's own makes it at once.
PyObject* new_without_dict(PyTypeObject* type, PyObject* args, PyObject* keywords);

/// From now on only native code makes instances: Python's calls of `type`, its __new__() and copy.copy() are TypeErrors.
/// What Py_TPFLAGS_DISALLOW_INSTANTIATION does from Python 3.10 on. Returns `type`, which may be null.
PyTypeObject* made_natively_only(PyTypeObject* type);

}  // namespace loopscope::bindings

#include "bindings/kit/water_marks.h"

#include <limits>

#include "bindings/kit/py_ref.h"

namespace loopscope::bindings {
namespace {

constexpr auto kMost = std::numeric_limits<Py_ssize_t>::max();

const WaterMarkField& as_field(void* field) {
  return *static_cast<const WaterMarkField*>(field);
}

Py_ssize_t& bytes_of(PyObject* transport, const WaterMarkField& field) {
  return *reinterpret_cast<Py_ssize_t*>(reinterpret_cast<char*>(transport) + field.offset);
}

/// The transport's dict, if it has one. Borrowed.
PyObject* dict_of(PyObject* transport) {
  PyObject** dict = _PyObject_GetDictPtr(transport);
  return dict != nullptr ? *dict : nullptr;
}

/// Bytes, rounded down. -1 with an exception set if it is no number.
Py_ssize_t floor_of(PyObject* number) {
  if (PyFloat_Check(number) && PyFloat_AS_DOUBLE(number) >= static_cast<double>(kMost))
    return kMost;
  const PyRef whole = PyRef::steal(PyNumber_Long(number));
  const Py_ssize_t bytes = whole ? PyLong_AsSsize_t(whole.get()) : -1;
  if (bytes != -1 || !whole || !PyErr_ExceptionMatches(PyExc_OverflowError))
    return bytes;
  PyErr_Clear();
  return kMost;
}

/// False with an exception set.
bool keep_number(PyObject* transport, const char* name, PyObject* number) {
  const PyRef dict = PyRef::steal(PyObject_GenericGetDict(transport, nullptr));
  return dict && PyDict_SetItemString(dict.get(), name, number) == 0;
}

void forget_number(PyObject* transport, const char* name) {
  PyObject* dict = dict_of(transport);
  if (dict != nullptr && PyDict_GetItemString(dict, name) != nullptr)
    PyDict_DelItemString(dict, name);
}

}  // namespace

PyObject* get_water_mark(PyObject* transport, void* closure) {
  const WaterMarkField& field = as_field(closure);
  PyObject* dict = dict_of(transport);
  PyObject* number = dict != nullptr ? PyDict_GetItemString(dict, field.name) : nullptr;
  if (number == nullptr)
    return PyLong_FromSsize_t(bytes_of(transport, field));
  Py_INCREF(number);
  return number;
}

int set_water_mark(PyObject* transport, PyObject* number, void* closure) {
  const WaterMarkField& field = as_field(closure);
  if (number == nullptr) {
    PyErr_SetString(PyExc_AttributeError, "a water mark cannot be deleted");
    return -1;
  }
  const Py_ssize_t bytes = floor_of(number);
  if (bytes == -1 && PyErr_Occurred() != nullptr)
    return -1;
  if (PyLong_CheckExact(number) && bytes != kMost)
    forget_number(transport, field.name);
  else if (!keep_number(transport, field.name, number))
    return -1;
  bytes_of(transport, field) = bytes;
  return 0;
}

}  // namespace loopscope::bindings

#include "bindings/eventloop/gc_watch.h"

#include <Python.h>

#include <algorithm>
#include <vector>

#include "bindings/eventloop/loop_methods.h"
#include "bindings/kit/py_ref.h"
#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {
namespace {

std::vector<LoopObject*> told;  ///< guarded by the GIL

std::uint64_t number_in(PyObject* info, const char* key) {
  PyObject* value = PyDict_Check(info) ? PyDict_GetItemString(info, key) : nullptr;
  const auto number = value != nullptr ? PyLong_AsUnsignedLongLong(value) : 0;
  if (PyErr_Occurred() != nullptr)
    PyErr_Clear();
  return number;
}

/// As gc calls it: with "start" or "stop", and a dict.
PyObject* collecting(PyObject*, PyObject* const* args, Py_ssize_t count) {
  if (count != 2 || !PyUnicode_Check(args[0]))
    Py_RETURN_NONE;
  const bool begins = PyUnicode_CompareWithASCIIString(args[0], "start") == 0;
  const auto generation = static_cast<int>(number_in(args[1], "generation"));
  for (LoopObject* loop : told) {
    tracer::Recorder& recorder = native(loop).recorder();
    if (!recorder.on())
      continue;
    const bool elsewhere = !native(loop).in_callback();
    if (begins)
      recorder.gc_begin(generation, elsewhere);
    else
      recorder.gc_end(generation, number_in(args[1], "collected"), number_in(args[1], "uncollectable"), elsewhere);
  }
  Py_RETURN_NONE;
}

PyMethodDef definition = {"loopscope_records_collections", as_method(collecting), METH_FASTCALL,
                          "Writes down in the traces of loopscope's loops when the garbage collector ran."};

PyRef callbacks() {
  const PyRef module = PyRef::steal(PyImport_ImportModule("gc"));
  PyRef list = PyRef::steal(module ? PyObject_GetAttrString(module.get(), "callbacks") : nullptr);
  PyErr_Clear();
  return list && PyList_Check(list.get()) ? std::move(list) : PyRef();
}

PyObject* our_callback() {
  static PyObject* callback = PyCFunction_New(&definition, nullptr);
  return callback;
}

}  // namespace

void record_collections(LoopObject* loop) {
  told.push_back(loop);
  if (told.size() != 1)
    return;
  const PyRef list = callbacks();
  if (list && our_callback() != nullptr && PyList_Append(list.get(), our_callback()) != 0)
    PyErr_Clear();
}

void ignore_collections(LoopObject* loop) {
  if (std::erase(told, loop) == 0 || !told.empty())
    return;
  const PyRef list = callbacks();
  const Py_ssize_t place = list ? PySequence_Index(list.get(), our_callback()) : -1;
  if (place >= 0)
    PySequence_DelItem(list.get(), place);
  PyErr_Clear();
}

}  // namespace loopscope::bindings

#include "bindings/kit/type_kit.h"

#include "bindings/kit/py_ref.h"

namespace loopscope::bindings {

PyTypeObject* make_heap_type(PyType_Spec& spec, PyObject* base, std::size_t first_own_field) {
  const auto* base_type = reinterpret_cast<PyTypeObject*>(base);
  if (static_cast<std::size_t>(base_type->tp_basicsize) > first_own_field) {
    PyErr_Format(PyExc_ImportError,
                 "loopscope has room for an %s of at most %zu bytes, and this Python's has %zd: this version of "
                 "loopscope does "
                 "not know this Python; use a newer loopscope or an older Python",
                 base_type->tp_name, first_own_field, base_type->tp_basicsize);
    return nullptr;
  }
  const PyRef bases = PyRef::steal(PyTuple_Pack(1, base));
  return bases ? reinterpret_cast<PyTypeObject*>(PyType_FromSpecWithBases(&spec, bases.get())) : nullptr;
}

PyObject* new_without_dict(PyTypeObject* type, PyObject*, PyObject*) {
  return type->tp_alloc(type, 0);
}

PyTypeObject* made_natively_only(PyTypeObject* type) {
  if (type != nullptr)
    type->tp_new = nullptr;
  return type;
}

}  // namespace loopscope::bindings

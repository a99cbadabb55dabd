#include "bindings/kit/death_watch.h"

#include <utility>

namespace loopscope::bindings {
namespace {

/// A weak reference that knows who asked for it, and for which key.
struct Watch {
  PyWeakReference reference;
  DeathWatch* watcher;  ///< null once it lost interest
  const void* key;
};

PyTypeObject* watch_type = nullptr;
PyObject* when_gone = nullptr;  ///< the callback of all of them

Watch* as_watch(PyObject* object) {
  return reinterpret_cast<Watch*>(object);
}

PyObject* on_gone(PyObject*, PyObject* reference) {
  const PyRef kept = PyRef::borrow(reference);
  if (Py_TYPE(reference) == watch_type) {
    const Watch* watch = as_watch(reference);
    if (watch->watcher != nullptr)
      watch->watcher->died(watch->key);
  }
  Py_RETURN_NONE;
}

PyMethodDef when_gone_definition = {"_gone", on_gone, METH_O, nullptr};

/// Somebody may have asked Python for an object's weak references, and keep one of ours.
void lose_interest(const PyRef& reference) {
  as_watch(reference.get())->watcher = nullptr;
}

}  // namespace

bool DeathWatch::watch(PyObject* object, const void* key) {
  if (watched_.contains(key))
    return true;
  PyRef reference = PyRef::steal(
      PyObject_CallFunctionObjArgs(reinterpret_cast<PyObject*>(watch_type), object, when_gone, nullptr));
  if (!reference) {
    PyErr_Clear();
    return false;
  }
  as_watch(reference.get())->watcher = this;
  as_watch(reference.get())->key = key;
  watched_.emplace(key, std::move(reference));
  return true;
}

void DeathWatch::forget(const void* key) {
  const auto found = watched_.extract(key);
  if (!found.empty())
    lose_interest(found.mapped());
}

void DeathWatch::clear() {
  const auto dropped = std::exchange(watched_, {});
  for (const auto& [key, reference] : dropped) lose_interest(reference);
}

void DeathWatch::died(const void* key) {
  forget(key);
  gone_(key);
}

bool load_death_watch() {
  if (watch_type != nullptr)
    return true;
  PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>("Tells when what it refers to is gone.")}, {0, nullptr}};
  PyType_Spec spec = {"loopscope._native._Watch", sizeof(Watch), 0, Py_TPFLAGS_DEFAULT, slots};
  const PyRef bases = PyRef::steal(PyTuple_Pack(1, &_PyWeakref_RefType));
  watch_type = reinterpret_cast<PyTypeObject*>(bases ? PyType_FromSpecWithBases(&spec, bases.get()) : nullptr);
  when_gone = PyCFunction_New(&when_gone_definition, nullptr);
  return watch_type != nullptr && when_gone != nullptr;
}

}  // namespace loopscope::bindings

#include "bindings/kit/transport_table.h"

#include <algorithm>
#include <new>
#include <utility>

#include "bindings/kit/type_kit.h"

namespace loopscope::bindings {

namespace {

/// What an entry stands for; empty if that is gone.
PyRef live(PyObject* entry) {
  return entry != nullptr && PyWeakref_Check(entry) ? referent(entry) : PyRef::borrow(entry);
}

}  // namespace

TransportTable::~TransportTable() {
  for (std::size_t fd = 0; fd < entries_.size(); ++fd) replace(static_cast<int>(fd), nullptr);
}

PyObject*& TransportTable::slot(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= entries_.size())
    entries_.resize(std::max(index + 1, 2 * entries_.size()));
  return entries_[index];
}

void TransportTable::replace(int fd, PyObject* entry) {
  PyObject* old = std::exchange(slot(fd), entry);
  if (old != nullptr && PyWeakref_Check(old))
    Py_DECREF(old);
}

void TransportTable::enter(int fd, PyObject* transport) {
  replace(fd, transport);
}

void TransportTable::leave(int fd, PyObject* transport) {
  if (static_cast<std::size_t>(fd) < entries_.size() && slot(fd) == transport)
    slot(fd) = nullptr;
}

PyRef TransportTable::find(int fd) const {
  const auto index = static_cast<std::size_t>(fd);
  return index < entries_.size() ? live(entries_[index]) : PyRef();
}

Py_ssize_t TransportTable::size() const {
  return std::count_if(entries_.begin(), entries_.end(), [](PyObject* entry) { return bool{live(entry)}; });
}

bool TransportTable::put(int fd, PyObject* object) {
  PyObject* weak = PyWeakref_NewRef(object, nullptr);
  if (weak != nullptr)
    replace(fd, weak);
  return weak != nullptr;
}

bool TransportTable::remove(int fd) {
  if (!find(fd))
    return false;
  replace(fd, nullptr);
  return true;
}

// -- what Python sees: the part of a WeakValueDictionary that asyncio uses ------------------------------------------------

namespace {

PyTypeObject* table_type = nullptr;

constexpr long kMostDescriptors = 1L << 24U;  ///< the kernel's own limit is lower

struct TableObject {
  PyObject_HEAD TransportTable table;
  PyRef
      others;  ///< a WeakValueDictionary, made when first needed: of what is no descriptor, but a test's mock of one
};

PyRef& others_of(PyObject* object) {
  return reinterpret_cast<TableObject*>(object)->others;
}

/// The descriptor that `key` is; -1, without an exception, if it is none.
int descriptor_of(PyObject* key) {
  if (!PyLong_Check(key))
    return -1;
  int overflow = 0;
  const long fd = PyLong_AsLongAndOverflow(key, &overflow);
  return overflow == 0 && fd >= 0 && fd < kMostDescriptors ? static_cast<int>(fd) : -1;
}

PyObject* get_item(PyObject* object, PyObject* key) {
  const int fd = descriptor_of(key);
  if (fd < 0 && others_of(object))
    return PyObject_GetItem(others_of(object).get(), key);
  PyRef found = fd >= 0 ? table_of(object).find(fd) : PyRef();
  if (!found)
    PyErr_SetObject(PyExc_KeyError, key);
  return found.release();
}

PyObject* get(PyObject* object, PyObject* args) {
  PyObject *key = nullptr, *fallback = Py_None;
  if (!PyArg_ParseTuple(args, "O|O", &key, &fallback))
    return nullptr;
  const int fd = descriptor_of(key);
  if (fd < 0 && others_of(object))
    return PyObject_CallMethod(others_of(object).get(), "get", "OO", key, fallback);
  PyRef found = fd >= 0 ? table_of(object).find(fd) : PyRef();
  return found ? found.release() : or_none(fallback);
}

int set_other(PyObject* object, PyObject* key, PyObject* value) {
  PyRef& others = others_of(object);
  if (!others) {
    const PyRef weakref = PyRef::steal(PyImport_ImportModule("weakref"));
    others = PyRef::steal(weakref ? PyObject_CallMethod(weakref.get(), "WeakValueDictionary", nullptr) : nullptr);
  }
  if (!others)
    return -1;
  return value != nullptr ? PyObject_SetItem(others.get(), key, value) : PyObject_DelItem(others.get(), key);
}

int set_item(PyObject* object, PyObject* key, PyObject* value) {
  const int fd = descriptor_of(key);
  if (fd < 0)
    return set_other(object, key, value);
  if (value != nullptr)
    return table_of(object).put(fd, value) ? 0 : -1;
  if (table_of(object).remove(fd))
    return 0;
  PyErr_SetObject(PyExc_KeyError, key);
  return -1;
}

Py_ssize_t length(PyObject* object) {
  const Py_ssize_t others = others_of(object) ? PyObject_Size(others_of(object).get()) : 0;
  return others < 0 ? others : table_of(object).size() + others;
}

void dealloc(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  table_of(object).~TransportTable();
  others_of(object).~PyRef();
  type->tp_free(object);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"get", method<get>(), METH_VARARGS, "get(fd, default=None)"},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

TransportTable& table_of(PyObject* object) {
  return reinterpret_cast<TableObject*>(object)->table;
}

PyObject* new_transport_table() {
  PyObject* object = table_type->tp_alloc(table_type, 0);
  if (object != nullptr)
    new (&table_of(object)) TransportTable(), new (&others_of(object)) PyRef();
  return object;
}

bool make_transport_table_type() {
  PyType_Slot slots[] = {
      {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
      {Py_mp_subscript, reinterpret_cast<void*>(get_item)},
      {Py_mp_ass_subscript, reinterpret_cast<void*>(set_item)},
      {Py_tp_methods, methods},
      {Py_mp_length, reinterpret_cast<void*>(length)},
      {Py_tp_doc, const_cast<char*>("A loop's transports by descriptor, held weakly.")},
      {0, nullptr},
  };
  PyType_Spec spec = {"loopscope._native.TransportTable", sizeof(TableObject), 0, Py_TPFLAGS_DEFAULT, slots};
  table_type = made_natively_only(reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec)));
  return table_type != nullptr;
}

}  // namespace loopscope::bindings

#pragma once
/// Loop._transports: which transport works with a descriptor. asyncio keeps it as a WeakValueDictionary; here it is an
/// array, which spares each connection a weak reference with its key, and an int.
///
/// Thread: the GIL. Owner: of nothing. Native transports enter themselves, and leave before they are deallocated. The table
/// holds weakly what Python code puts in. Errors: Python exceptions.

#include <Python.h>

#include <vector>

#include "bindings/kit/py_ref.h"

namespace loopscope::bindings {

class TransportTable {
 public:
  TransportTable() = default;
  ~TransportTable();
  TransportTable(const TransportTable&) = delete;
  TransportTable& operator=(const TransportTable&) = delete;

  /// `transport` has to leave before it is deallocated.
  void enter(int fd, PyObject* transport);
  void leave(int fd, PyObject* transport);
  /// Empty, without an exception, if there is none.
  [[nodiscard]] PyRef find(int fd) const;
  [[nodiscard]] Py_ssize_t size() const;
  /// In place of what was there. False with an exception set.
  bool put(int fd, PyObject* object);
  /// False if there was none.
  bool remove(int fd);

 private:
  PyObject*& slot(int fd);
  void replace(int fd, PyObject* entry);

  std::vector<PyObject*>
      entries_;  ///< by descriptor: null, a native transport (borrowed), or a weak reference (owned)
};

/// An empty table as a Python object; null with an exception set.
PyObject* new_transport_table();
[[nodiscard]] TransportTable& table_of(PyObject* object);
/// Makes the type. False with an exception set.
bool make_transport_table_type();

}  // namespace loopscope::bindings

#pragma once
/// The addresses that datagrams came from lately, as Python sees them: most come from few.
/// Thread: the GIL. Owner: of the Python objects. Errors: Python exceptions.

#include <Python.h>

#include <array>

#include "bindings/kit/py_ref.h"
#include "bindings/kit/socket_address.h"

namespace loopscope::bindings {

class AddressCache {
 public:
  /// A new reference; null with an exception set.
  PyObject* find(const SocketAddress& address);
  /// The address that find() made this very tuple from; null if it did not, or did so long ago. A program that answers
  /// sends to the tuple it was given.
  [[nodiscard]] const SocketAddress* origin(PyObject* tuple) const;
  int traverse(visitproc visit, void* arg) const;

 private:
  struct Entry {
    SocketAddress address{};
    PyRef object;
  };
  std::array<Entry, 16> entries_;
};

}  // namespace loopscope::bindings

#pragma once
/// A protocol of ours that takes bytes straight from the loop's buffer, instead of by get_buffer() and buffer_updated().
///
/// TLS is the only one. It registers itself here, so that a transport can feed it without knowing of TLS.
/// Thread: the GIL. Errors: as said below.

#include <Python.h>

namespace loopscope::bindings {

struct Feed {
  /// True if `protocol` is of this kind: a transport may give() it bytes whenever it then takes() them.
  bool (*may_take)(PyObject* protocol);
  bool (*takes)(PyObject* protocol);
  /// As buffer_updated() of a protocol that has just received these bytes. False with an exception set.
  bool (*give)(PyObject* protocol, char* data, Py_ssize_t size_bytes);
  /// The protocol that the program would name the connection after. Borrowed.
  PyObject* (*users_protocol)(PyObject* protocol);
};

/// To be called once, when the module is made.
void register_feed(const Feed& feed);
/// Null if there is none: Python has no ssl module, or is older than 3.11.
[[nodiscard]] const Feed* feed_of(PyObject* protocol);

}  // namespace loopscope::bindings

#pragma once
/// Which Python socket a descriptor's watcher was armed for by the sock_* methods.
///
/// A watcher that stays armed while nobody waits must not be believed once its descriptor was closed and the number given
/// to another file. A socket object that is alive has the file it was made with, or none: so who comes with the same
/// object may believe it.
/// Thread: the loop's, with the GIL. Owner: of weak references to the sockets. Errors: Python exceptions.

#include <Python.h>

#include <vector>

#include "bindings/py_ref.h"
#include "loop/fd_watcher.h"

namespace loopscope::bindings {

struct LoopObject;

class SockLeases {
 public:
  /// How `sock`, whose descriptor is `fd`, may arm the watcher of `fd`; from now on that is armed for this socket.
  /// False with an exception set.
  bool take(LoopObject* loop, PyObject* sock, int fd, loop::Arming& arming);
  /// The socket of this weak reference is gone: true if `fd` was armed for it.
  bool end(PyObject* weak_reference, int fd);

  int traverse(visitproc visit, void* arg) const;
  void clear() { sockets_.clear(); }

 private:
  std::vector<PyRef> sockets_;  ///< by descriptor
};

}  // namespace loopscope::bindings

#pragma once
/// Which Python socket a descriptor's watcher was armed for by the sock_* methods.
///
/// A watcher can stay armed while nobody waits. Once its descriptor was closed and another file has the number, nobody may rely on
/// it. A living socket object has the file that it was made with, or none. So a call with the same object may rely on the
/// watcher.
/// Thread: the loop's, with the GIL. Owner: of weak references to the sockets. Errors: Python exceptions.

#include <Python.h>

#include <vector>

#include "bindings/kit/py_ref.h"
#include "loop/fd_watcher.h"

namespace loopscope::bindings {

struct LoopObject;

class SockLeases {
 public:
  /// How `sock`, whose descriptor is `fd`, may arm the watcher of `fd`. From now on the watcher is armed for this socket.
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

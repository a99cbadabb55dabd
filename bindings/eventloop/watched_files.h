#pragma once
/// The objects that add_reader() and add_writer() were given for a descriptor, as keys of asyncio's selectors hold them.
///
/// A socket that was closed or detached has no number any more. While it is watched, the loop finds it by identity, so
/// remove_reader() and remove_writer() still work on it.
/// Thread: the GIL. Owner: of one reference to each object. Errors: none.

#include <Python.h>

#include <unordered_map>

#include "bindings/kit/py_ref.h"

namespace loopscope::bindings {

class WatchedFiles {
 public:
  /// From now on `fd` is watched as `file`. A number has no identity and is not kept.
  void note(int fd, PyObject* file);
  void forget(int fd);
  /// The descriptor that `file` was given for, or -1.
  [[nodiscard]] int find(PyObject* file) const;

  int traverse(visitproc visit, void* arg) const;
  void clear();

 private:
  std::unordered_map<int, PyRef> files_;
};

}  // namespace loopscope::bindings

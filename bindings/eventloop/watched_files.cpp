#include "bindings/eventloop/watched_files.h"

#include <utility>

namespace loopscope::bindings {

void WatchedFiles::note(int fd, PyObject* file) {
  if (PyLong_Check(file))
    return forget(fd);
  PyRef held = PyRef::borrow(file);
  std::swap(files_[fd], held);  // the old one ends after this, when nothing here is half done
}

void WatchedFiles::forget(int fd) {
  const auto place = files_.find(fd);
  if (place == files_.end())
    return;
  const PyRef last = std::move(place->second);  // it may end with this, and its end may come back here
  files_.erase(place);
}

void WatchedFiles::clear() {
  const auto last = std::exchange(files_, {});
}

int WatchedFiles::find(PyObject* file) const {
  for (const auto& [fd, watched] : files_) {
    if (watched.get() == file)
      return fd;
  }
  return -1;
}

int WatchedFiles::traverse(visitproc visit, void* arg) const {
  for (const auto& [fd, file] : files_) Py_VISIT(file.get());
  return 0;
}

}  // namespace loopscope::bindings

#include "bindings/eventloop/sock_leases.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "bindings/eventloop/loop_object.h"

namespace loopscope::bindings {

namespace {

bool refers_to(PyObject* weak_reference, PyObject* sock) {
  return referent(weak_reference).get() == sock;
}

/// The weak reference's callback; `self` is (loop, fd).
PyObject* socket_gone(PyObject* self, PyObject* weak_reference) {
  auto* loop = reinterpret_cast<LoopObject*>(PyTuple_GET_ITEM(self, 0));
  const int fd = static_cast<int>(PyLong_AsLong(PyTuple_GET_ITEM(self, 1)));
  if (loop->state->leases.end(weak_reference, fd)) {
    if (loop::FdWatcher* watcher = loop->state->loop.watchers().find(fd); watcher != nullptr && watcher->resting())
      watcher->note_closed();
  }
  Py_RETURN_NONE;
}

PyMethodDef gone = {"socket_gone", socket_gone, METH_O, nullptr};

}  // namespace

bool SockLeases::take(LoopObject* loop, PyObject* sock, int fd, loop::Arming& arming) {
  const auto index = static_cast<std::size_t>(fd);
  if (index < sockets_.size() && sockets_[index] && refers_to(sockets_[index].get(), sock)) {
    arming = loop::Arming::kept;
    return true;
  }
  arming = loop::Arming::exact;
  const PyRef self = PyRef::steal(Py_BuildValue("(Oi)", as_object(loop), fd));
  const PyRef callback = PyRef::steal(self ? PyCFunction_New(&gone, self.get()) : nullptr);
  PyRef weak_reference = PyRef::steal(callback ? PyWeakref_NewRef(sock, callback.get()) : nullptr);
  if (!weak_reference)
    return false;
  if (index >= sockets_.size())
    sockets_.resize(std::max(index + 1, 2 * sockets_.size()));
  std::swap(sockets_[index], weak_reference);
  return true;
}

bool SockLeases::end(PyObject* weak_reference, int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= sockets_.size() || sockets_[index].get() != weak_reference)
    return false;
  sockets_[index] = PyRef();
  return true;
}

int SockLeases::traverse(visitproc visit, void* arg) const {
  for (const PyRef& weak_reference : sockets_) Py_VISIT(weak_reference.get());
  return 0;
}

}  // namespace loopscope::bindings

#include "bindings/stream/stream_object.h"

#include <cerrno>

#include "bindings/kit/py_ref.h"
#include "bindings/kit/transport_table.h"

namespace loopscope::bindings {

void fatal_errno(TransportObject* self, int error, const char* message) {
  errno = error;
  PyErr_SetFromErrno(PyExc_OSError);
  fatal(self, self->loop, message);
}

bool would_block(ssize_t result) {
  return result == -EAGAIN || result == -EWOULDBLOCK || result == -EINTR;
}

void leave_table(TransportObject* self) {
  if (self->loop != nullptr)
    table_of(self->loop->state->transports.get()).leave(static_cast<int>(self->fd), as_object(self));
}

PyObject* detach(PyObject* object, PyObject*) {
  TransportObject* self = as_transport(object);
  if (self->parts != nullptr && self->loop != nullptr) {
    stream_of(self).clear_queue();
    stream_of(self).detach();
    leave_table(self);
  }
  clear(self->server);
  let_go(self);
  Py_RETURN_NONE;
}

}  // namespace loopscope::bindings

#pragma once
/// Which protocol's method a queued callable stands for.
///
/// Parts of asyncio run unchanged on the loop (transports of pipes and subprocesses, TLS) and queue their protocols' methods with
/// call_soon(). The trace should say connection_made, as it does for sockets, and not soon.
/// Thread: the GIL. Errors: none; what is not recognised is an ordinary callback.

#include <Python.h>

#include <cstdint>
#include <optional>

#include "bindings/py_ref.h"
#include "tracer/format.h"

namespace loopscope::bindings {

struct ProtocolCall {
  tracer::CallbackKind kind;
  PyRef protocol;
  std::uint64_t handle_id;  ///< of the transport, 0 if it has none
};

/// `first` is the first argument `callable` will be called with, null if there is none.
std::optional<ProtocolCall> protocol_call(PyObject* callable, PyObject* first);

/// The name of the method that `kind` is the call of. Null, borrowed, if it is none.
PyObject* protocol_method(tracer::CallbackKind kind);

/// What Loop offers asyncio's transports in Python, so that they are recorded as the native ones are. `kind` is a
/// number of tracer/format.h, `handle_id` what _open_handle() answered.
///
///     _open_handle(kind, protocol, fd) -> handle_id
///     _close_handle(kind, handle_id)
///     _count_bytes(handle_id, read, written)                    a negative number: none
///     _in_span(kind, handle_id, protocol, callable, *args)      calls it now, as the protocol's method
///     _soon_in_span(kind, handle_id, protocol, callable, *args) calls it soon
PyObject* open_handle(PyObject* self, PyObject* const* args, Py_ssize_t count);
PyObject* close_handle(PyObject* self, PyObject* const* args, Py_ssize_t count);
PyObject* count_bytes(PyObject* self, PyObject* const* args, Py_ssize_t count);
PyObject* in_span(PyObject* self, PyObject* const* args, Py_ssize_t count);
PyObject* soon_in_span(PyObject* self, PyObject* const* args, Py_ssize_t count);

}  // namespace loopscope::bindings

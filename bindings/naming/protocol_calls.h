#pragma once
/// Which protocol's method a queued callable stands for.
///
/// Parts of asyncio run unchanged on the loop (transports of pipes and subprocesses, TLS) and queue their protocols' methods with
/// call_soon(). The trace should say connection_made, as it does for sockets, and not soon.
/// Thread: the GIL. Errors: none; what is not recognised is an ordinary callback.

#include <Python.h>

#include <cstdint>
#include <optional>

#include "bindings/kit/py_ref.h"
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

}  // namespace loopscope::bindings

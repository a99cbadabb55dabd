#pragma once
/// TLS on the loop: asyncio's SSLProtocol with a native half for what runs per message.
/// Thread: the loop's, with the GIL. Errors: Python exceptions.

#include <Python.h>

namespace loopscope::bindings {

/// Makes the types and adds them to `module`, and registers what transports need to feed the protocol (feed.h); without an ssl module, or before Python 3.11, there are none.
/// False with an exception set.
bool add_tls_types(PyObject* module);

}  // namespace loopscope::bindings

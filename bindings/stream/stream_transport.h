#pragma once
/// The native half of loopscope's socket transport: what runs per read and per write.
///
/// A plain CPython type, derived from asyncio.Transport, because data_received() and write() run per message. What
/// runs once per connection (construction, repr, errors) is Python: loopscope/transport.py.
/// Behaves as asyncio's _SelectorSocketTransport does, call by call; where a line looks odd, that is why.
///
/// Thread: the loop's, with the GIL. Owner: of the Python socket's reference; closes the socket when the connection is
/// lost. Errors: as asyncio's: fatal ones end the connection and are reported, none leaves the loop.

#include <Python.h>

namespace loopscope::bindings {

[[nodiscard]] bool is_stream_transport(PyObject* object);

/// Makes the type and adds it to `module`. False with an exception set.
bool add_stream_transport_type(PyObject* module);

}  // namespace loopscope::bindings

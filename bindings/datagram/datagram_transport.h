#pragma once
/// loopscope._native.DatagramTransport: the native half of what create_datagram_endpoint() makes.
///
/// A plain CPython type because it runs per datagram. A real subclass of asyncio's transports; the slots of the Python
/// base stay empty. The Python half (loopscope/datagram.py) has what runs once per transport.
/// Thread: the loop's, with the GIL.

#include <Python.h>

namespace loopscope::bindings {

bool add_datagram_transport_type(PyObject* module);

}  // namespace loopscope::bindings

#pragma once
/// Water marks of transports that count their buffer in bytes: `_high_water` and `_low_water`, as asyncio's code sets them.
///
/// asyncio takes any number: 1e6, float("inf"), 10**30. Native code compares bytes. So a mark is a number of bytes, rounded down
/// (a buffer of n bytes is at most x exactly if it is at most floor(x)), and a number that is no plain int stays in the
/// transport's dict for whoever asks. Thread: the GIL. Errors: Python exceptions.

#include <Python.h>

#include <cstddef>

namespace loopscope::bindings {

struct WaterMarkField {
  const char* name;    ///< of the attribute
  std::size_t offset;  ///< of a Py_ssize_t in the transport
};

/// For a PyGetSetDef whose closure is a WaterMarkField.
PyObject* get_water_mark(PyObject* transport, void* field);
int set_water_mark(PyObject* transport, PyObject* number, void* field);

}  // namespace loopscope::bindings

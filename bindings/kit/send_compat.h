#pragma once
/// Sending into coroutines as CPython does since 3.10, for 3.9. Thread: the GIL. Errors: Python exceptions.

#include <Python.h>

#if PY_VERSION_HEX < 0x030A0000

enum PySendResult { PYGEN_RETURN = 0, PYGEN_ERROR = -1, PYGEN_NEXT = 1 };

inline PySendResult PyIter_Send(PyObject* iterator, PyObject* value, PyObject** result) {
  *result = value == Py_None ? Py_TYPE(iterator)->tp_iternext(iterator)
                             : PyObject_CallMethod(iterator, "send", "O", value);
  if (*result != nullptr)
    return PYGEN_NEXT;
  return _PyGen_FetchStopIterationValue(result) == 0 ? PYGEN_RETURN : PYGEN_ERROR;
}

#endif

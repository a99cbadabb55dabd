#pragma once
/// A Python str as the trace keeps it. Thread: the GIL. Owner: of nothing; the bytes are the str's, and live as long.
/// Errors: none. What is no str, or has a lone surrogate, is "?".

#include <Python.h>

#include <cstddef>
#include <string_view>

namespace loopscope::bindings {

inline std::string_view utf8_text(PyObject* string) {
  Py_ssize_t bytes = 0;
  const char* utf8 =
      string != nullptr && PyUnicode_Check(string) ? PyUnicode_AsUTF8AndSize(string, &bytes) : nullptr;
  if (utf8 == nullptr) {
    PyErr_Clear();
    return "?";
  }
  return {utf8, static_cast<std::size_t>(bytes)};
}

}  // namespace loopscope::bindings

#pragma once
/// A Python str as the trace keeps it. Thread: the GIL. Owner: of nothing; the bytes are the str's, and live as long.
/// Errors: none. What is no str, or has a lone surrogate, is nothing; or "?" where something has to stand.

#include <Python.h>

#include <cstddef>
#include <optional>
#include <string_view>

namespace loopscope::bindings {

inline std::optional<std::string_view> utf8_or_nothing(PyObject* string) {
  Py_ssize_t bytes = 0;
  const char* utf8 =
      string != nullptr && PyUnicode_Check(string) ? PyUnicode_AsUTF8AndSize(string, &bytes) : nullptr;
  if (utf8 != nullptr)
    return std::string_view(utf8, static_cast<std::size_t>(bytes));
  PyErr_Clear();
  return std::nullopt;
}

inline std::string_view utf8_text(PyObject* string) {
  return utf8_or_nothing(string).value_or("?");
}

}  // namespace loopscope::bindings

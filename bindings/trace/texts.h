#pragma once
/// What a session says, as Python texts. It may be cut within a character, or be a lie: never an error here.
/// Thread: one that holds the GIL. Errors: py::error_already_set if there is no memory.

#include <pybind11/pybind11.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>

namespace loopscope::bindings {

namespace py = pybind11;

/// A sentence for the user. Python sees it as a TraceError.
class TraceError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

py::str text(std::string_view bytes);

template <std::size_t kSize>
py::str text(const char (&field)[kSize]) {
  return text(std::string_view(field, ::strnlen(field, kSize)));
}

/// A path as Python has them: what is no UTF-8 is kept, in surrogates.
py::str path_text(const std::string& path);

/// A property that reads a string member.
template <typename Owner>
auto text_of(std::string Owner::*member) {
  return [member](const Owner& owner) { return text(owner.*member); };
}

}  // namespace loopscope::bindings

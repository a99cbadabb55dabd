#include "bindings/trace/texts.h"

namespace loopscope::bindings {

py::str text(std::string_view bytes) {
  auto* made = PyUnicode_DecodeUTF8(bytes.data(), static_cast<py::ssize_t>(bytes.size()), "replace");
  if (made == nullptr)
    throw py::error_already_set();
  return py::reinterpret_steal<py::str>(made);
}

py::str path_text(const std::string& path) {
  auto* made = PyUnicode_DecodeFSDefaultAndSize(path.data(), static_cast<py::ssize_t>(path.size()));
  if (made == nullptr)
    throw py::error_already_set();
  return py::reinterpret_steal<py::str>(made);
}

}  // namespace loopscope::bindings

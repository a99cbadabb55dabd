#pragma once
/// A stream whose bytes go to a Python function, `write(bytes)`, some ten thousand at a time.
///
/// Thread: the GIL. Owner: of a reference to the function. Errors: what the function raises leaves the call that
/// wrote, and the rest is dropped.

#include <pybind11/pybind11.h>

#include <array>
#include <cstddef>
#include <ostream>
#include <streambuf>
#include <utility>

namespace loopscope::bindings {

class PythonSink : public std::streambuf {
 public:
  explicit PythonSink(pybind11::function write) : write_(std::move(write)) {
    setp(buffer_.data(), buffer_.data() + buffer_.size());
  }

 protected:
  int overflow(int next) override {
    sync();
    if (next != traits_type::eof())
      sputc(static_cast<char>(next));
    return 0;
  }
  int sync() override {
    const auto size = static_cast<pybind11::size_t>(pptr() - pbase());
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    if (size > 0)
      write_(pybind11::bytes(buffer_.data(), size));
    if (PyErr_CheckSignals() != 0)  // nothing else here would notice Ctrl-C
      throw pybind11::error_already_set();
    return 0;
  }

 private:
  pybind11::function write_;
  std::array<char, 1U << 16U> buffer_;
};

/// Calls `produce(std::ostream&)` with a stream into `write`.
template <typename Produce>
void write_to_python(pybind11::function write, Produce&& produce) {
  PythonSink sink(std::move(write));
  std::ostream out(&sink);
  out.exceptions(std::ios::badbit);  // a stream swallows what its buffer throws unless told otherwise
  produce(out);
  out.flush();
}

}  // namespace loopscope::bindings

#pragma once
/// The memory to receive into: the loop's own buffer, from which a small message is copied into a bytes object, or for a
/// large message the bytes object itself. The size of the last message decides.
/// Thread: the loop's, with the GIL. Errors: Python exceptions.

#include <Python.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "bindings/eventloop/loop_object.h"

namespace loopscope::bindings {

class ReceiveBuffer {
 public:
  /// For `size` bytes at most; `last_received` is how many the last one took, and is kept up to date.
  ReceiveBuffer(LoopState& state, Py_ssize_t size, Py_ssize_t& last_received) : last_received_(last_received) {
    if (size <= static_cast<Py_ssize_t>(kSockBufferBytes) && last_received < kLargeBytes) {
      if (!state.sock_buffer)
        state.sock_buffer = std::make_unique_for_overwrite<char[]>(kSockBufferBytes);
      data_ = state.sock_buffer.get();
    } else {
      own_ = PyBytes_FromStringAndSize(nullptr, size);
      data_ = own_ != nullptr ? PyBytes_AS_STRING(own_) : nullptr;
    }
  }
  ~ReceiveBuffer() { Py_XDECREF(own_); }
  ReceiveBuffer(const ReceiveBuffer&) = delete;
  ReceiveBuffer& operator=(const ReceiveBuffer&) = delete;

  /// Null, with an exception set, if there is no memory.
  [[nodiscard]] char* data() const { return data_; }
  /// The first `count` bytes. A new reference, or null with an exception set.
  PyObject* take(Py_ssize_t count) {
    last_received_ = count;
    if (own_ == nullptr)
      return PyBytes_FromStringAndSize(data_, count);
    PyObject* bytes = std::exchange(own_, nullptr);
    return _PyBytes_Resize(&bytes, count) == 0 ? bytes : nullptr;
  }

 private:
  /// From this size on a copy costs more than memory of its own.
  static constexpr Py_ssize_t kLargeBytes = 16 * 1024;

  Py_ssize_t& last_received_;
  PyObject* own_ = nullptr;
  char* data_ = nullptr;
};

/// `call` is a system call that answers -1 and EINTR if a signal came first.
template <typename Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace loopscope::bindings

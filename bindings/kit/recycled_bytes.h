#pragma once
/// The bytes object that a message came in, used again for the next message if nobody kept it.
///
/// malloc and free of a KiB cost as much as recv()'s own code outside the kernel. An echo, a proxy and most parsers
/// let go of a message before they return. A message that the program keeps is not used again.
///
/// Thread: the GIL. Owner: of one idle object at most. Errors: take() answers null with an exception set.

#include <Python.h>

#include <utility>

namespace loopscope::bindings {

class RecycledBytes {
 public:
  RecycledBytes() = default;
  ~RecycledBytes() { Py_XDECREF(idle_); }
  RecycledBytes(const RecycledBytes&) = delete;
  RecycledBytes& operator=(const RecycledBytes&) = delete;

  /// A new reference to `size` bytes of no meaning yet.
  [[gnu::always_inline]] PyObject* take(Py_ssize_t size) {
    if (idle_ == nullptr || size > room_ || is_waste(room_ - size, size)) {
      taken_room_ = size;
      return PyBytes_FromStringAndSize(nullptr, size);
    }
    taken_room_ = room_;
    PyObject* bytes = std::exchange(idle_, nullptr);
    Py_SET_SIZE(bytes, size);
    PyBytes_AS_STRING(bytes)[size] = '\0';
    return bytes;
  }

  /// Takes over the reference that the latest take() gave.
  void give_back(PyObject* bytes, Py_ssize_t room) {
    if (Py_REFCNT(bytes) != 1 || room < kLeast) {
      Py_DECREF(bytes);
      return;
    }
    forget_hash(bytes);
    Py_XDECREF(std::exchange(idle_, bytes));
    room_ = room;
  }

  /// Makes an object from take() smaller. Its first `size` bytes have come; it could hold `room`. Answers how many it can hold
  /// now: the memory behind them is freed if much would lie idle. `bytes` is null with an exception set if that fails.
  static Py_ssize_t cut(PyObject*& bytes, Py_ssize_t size, Py_ssize_t room) {
    if (is_waste(room - size, size)) {
      _PyBytes_Resize(&bytes, size);
      return size;
    }
    Py_SET_SIZE(bytes, size);
    PyBytes_AS_STRING(bytes)[size] = '\0';
    return room;
  }

  /// How many bytes the object of the latest take() could hold.
  [[nodiscard]] Py_ssize_t taken_room() const { return taken_room_; }

 private:
  /// Python's own allocator is as fast for smaller ones, and shares those of a single byte.
  static constexpr Py_ssize_t kLeast = 480;

  /// A program that keeps the object keeps its unused memory, too.
  static bool is_waste(Py_ssize_t unused, Py_ssize_t used) { return unused > used / 4; }

  static void forget_hash(PyObject* bytes) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    reinterpret_cast<PyBytesObject*>(bytes)->ob_shash = -1;
#pragma GCC diagnostic pop
  }

  PyObject* idle_ = nullptr;
  Py_ssize_t room_ = 0;  ///< of idle_
  Py_ssize_t taken_room_ = 0;
};

}  // namespace loopscope::bindings

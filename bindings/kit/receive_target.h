#pragma once
/// Where bytes that come will lie: in a buffer of the loop's, from which a message is copied into an object of its size; or in an
/// object that has room for the most. The caller decides, by how many bytes came last time: a copy of few costs less than a
/// large object, a copy of many costs more.
///
/// The buffer is shared: nothing that may receive runs between the constructor and take(), unless the buffer is lent (Buffers).
/// Thread: the loop's, with the GIL. Owner: of the object until take(). Errors: Python exceptions. Units: bytes.

#include <Python.h>

#include <cstddef>
#include <cstring>
#include <utility>

#include "bindings/kit/recycled_bytes.h"

namespace loopscope::bindings {

/// What runs for each message is inlined: the caller knows at compile time which of both it is.
class ReceiveTarget {
 public:
  /// `buffer` has `room` bytes. Null: an object with that much room is made. Where `recycled` is given, objects come from
  /// there, and the caller gives them back there.
  ReceiveTarget(char* buffer, Py_ssize_t room, RecycledBytes* recycled)
      : recycled_(recycled), data_(buffer), room_(room) {
    if (buffer == nullptr)
      make(room);
  }
  [[gnu::always_inline]] ~ReceiveTarget() {
    if (own_ != nullptr)
      let_go();
  }
  ReceiveTarget(const ReceiveTarget&) = delete;
  ReceiveTarget& operator=(const ReceiveTarget&) = delete;

  /// Null, with an exception set, if there is no memory.
  [[nodiscard]] char* data() const { return data_; }
  [[nodiscard]] Py_ssize_t room() const { return room_; }

  /// An object with more room instead, and the first `size` bytes of what is there. False with an exception set.
  bool grow(Py_ssize_t size, Py_ssize_t room) {
    if (own_ != nullptr) {
      _PyBytes_Resize(&own_, room);
      return use(own_, room);
    }
    const char* buffer = data_;
    if (!use(PyBytes_FromStringAndSize(nullptr, room), room))
      return false;
    std::memcpy(data_, buffer, static_cast<std::size_t>(size));
    return true;
  }

  struct Message {
    PyObject* bytes;  ///< a new reference, or null with an exception set
    Py_ssize_t room;  ///< for RecycledBytes::give_back()
  };
  /// The first `size` bytes. Once.
  [[gnu::always_inline]] Message take(Py_ssize_t size) {
    if (own_ == nullptr)
      return copy(size);
    return cut(size);
  }

 private:
  void make(Py_ssize_t room) {
    PyObject* own = recycled_ != nullptr ? recycled_->take(room) : PyBytes_FromStringAndSize(nullptr, room);
    use(own, recycled_ != nullptr ? recycled_->taken_room() : room);
  }

  void let_go() {
    if (recycled_ != nullptr)
      recycled_->give_back(own_, room_);
    else
      Py_DECREF(own_);
  }

  Message cut(Py_ssize_t size) {
    Message message{std::exchange(own_, nullptr), size};
    if (recycled_ != nullptr)
      message.room = RecycledBytes::cut(message.bytes, size, room_);
    else
      _PyBytes_Resize(&message.bytes, size);
    return message;
  }

  bool use(PyObject* own, Py_ssize_t room) {
    own_ = own;
    data_ = own != nullptr ? PyBytes_AS_STRING(own) : nullptr;
    room_ = room;
    return own != nullptr;
  }

  [[nodiscard, gnu::always_inline]] Message copy(Py_ssize_t size) const {
    if (recycled_ == nullptr)
      return {PyBytes_FromStringAndSize(data_, size), size};
    PyObject* bytes = recycled_->take(size);
    if (bytes != nullptr)
      std::memcpy(PyBytes_AS_STRING(bytes), data_, static_cast<std::size_t>(size));
    return {bytes, recycled_->taken_room()};
  }

  RecycledBytes* recycled_;
  PyObject* own_ = nullptr;  ///< null: it is a buffer of the loop's
  char* data_;
  Py_ssize_t room_;
};

}  // namespace loopscope::bindings

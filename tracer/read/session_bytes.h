#pragma once
/// The bytes of a session. A living program's file is read each time that somebody asks. Any other session was copied
/// once.
///
/// A living program's file is not mapped. To read a mapped page that somebody has cut off ends the reader (SIGBUS), and to read a
/// hole takes memory for it. A copy that the kernel makes does neither.
///
/// Thread: one. Owner: of the file or the copy. Errors: bytes that are no longer there read as zeros; was_cut() is true from
/// then on.

#include <cstdint>

#include "tracer/system/shared_memory.h"

namespace loopscope::tracer {

class SessionBytes {
 public:
  SessionBytes() = default;
  /// Somebody else's memory, which may be written meanwhile. Outlives this.
  static SessionBytes of(const void* memory);
  static SessionBytes copied(SharedMemory memory);
  static SessionBytes of_living(OpenFile file);

  /// Copies whole words; `offset` and `size_bytes` are multiples of 8 within the session. A word is never torn. Several words may
  /// come from different instants.
  void copy(std::uint64_t offset, void* into, std::uint64_t size_bytes) const;
  template <typename Struct>
  [[nodiscard]] Struct get(std::uint64_t offset) const {
    static_assert(sizeof(Struct) % 8 == 0);
    Struct copy_of{};
    copy(offset, &copy_of, sizeof(copy_of));
    return copy_of;
  }
  /// Orders what is copied before this and after it.
  static void between();

  /// Is it a living program's file?
  [[nodiscard]] bool follows() const { return file_.descriptor() >= 0; }
  [[nodiscard]] const OpenFile& file() const { return file_; }
  [[nodiscard]] bool was_cut() const { return cut_; }
  /// Where the bytes lie, if they are memory; null if they are a file's.
  [[nodiscard]] const char* memory() const { return memory_; }

 private:
  const char* memory_ = nullptr;
  SharedMemory own_;
  OpenFile file_;
  mutable bool cut_ = false;
};

}  // namespace loopscope::tracer

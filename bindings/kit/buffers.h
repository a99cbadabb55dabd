#pragma once
/// The memory that a loop's transports and sock_* methods share for what comes and goes in one callback.
/// Thread: the loop's, with the GIL. Owner: of it all. Units: bytes.

#include <Python.h>

#include <cstddef>
#include <memory>

#include "bindings/kit/recycled_bytes.h"

namespace loopscope::bindings {

class Buffers {
 public:
  static constexpr std::size_t kSmallBytes = 64 * 1024;
  static constexpr std::size_t kLargeBytes = 256 * 1024;

  [[nodiscard, gnu::returns_nonnull]] char* small() { return small_.get(); }
  /// Made at the first call.
  [[nodiscard, gnu::returns_nonnull]] char* large() {
    if (!large_) [[unlikely]]
      large_ = std::make_unique_for_overwrite<char[]>(kLargeBytes);
    return large_.get();
  }

  RecycledBytes recycled;
  bool small_is_lent = false;    ///< to a call that may call Python before it is done
  Py_ssize_t last_received = 0;  ///< by a sock_* method

 private:
  std::unique_ptr<char[]> small_ = std::make_unique_for_overwrite<char[]>(kSmallBytes);
  std::unique_ptr<char[]> large_;
};

}  // namespace loopscope::bindings

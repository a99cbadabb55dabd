#include "tracer/read/session_bytes.h"

#include <atomic>
#include <cstring>
#include <utility>

#include "tracer/shared_words.h"

namespace loopscope::tracer {

SessionBytes SessionBytes::of(const void* memory) {
  SessionBytes bytes;
  bytes.memory_ = static_cast<const char*>(memory);
  return bytes;
}

SessionBytes SessionBytes::copied(SharedMemory memory) {
  auto bytes = of(memory.data());
  bytes.own_ = std::move(memory);
  return bytes;
}

SessionBytes SessionBytes::of_living(OpenFile file) {
  SessionBytes bytes;
  bytes.file_ = std::move(file);
  return bytes;
}

void SessionBytes::copy(std::uint64_t offset, void* into, std::uint64_t size_bytes) const {
  if (memory_ != nullptr)
    return load_words(memory_ + offset, into, size_bytes);
  int error = 0;
  const auto done = file_.read(into, offset, size_bytes, error);
  if (done == size_bytes)
    return;
  cut_ = true;
  std::memset(static_cast<char*>(into) + done, 0, size_bytes - done);
}

void SessionBytes::between() {
  std::atomic_thread_fence(std::memory_order_acquire);
}

}  // namespace loopscope::tracer

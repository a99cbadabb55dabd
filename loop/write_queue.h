#pragma once
/// Bytes that a stream has still to send, in order, without copying them.
///
/// Thread: the loop's. Owner: of each chunk's `owner`, given back through the release function once its last
/// byte is sent or the queue is cleared.

#include <sys/uio.h>

#include <cstddef>
#include <vector>

namespace loopscope::loop {

class WriteQueue {
 public:
  using Release = void (*)(void* owner);

  explicit WriteQueue(Release release) : release_(release) {}
  ~WriteQueue() { clear(); }
  WriteQueue(const WriteQueue&) = delete;
  WriteQueue& operator=(const WriteQueue&) = delete;

  [[nodiscard]] bool empty() const { return size_bytes_ == 0; }
  [[nodiscard]] std::size_t size_bytes() const { return size_bytes_; }

  /// Takes over `owner`, which keeps [data, data + size) alive. `size` is not 0.
  void push(const char* data, std::size_t size, void* owner);
  /// Fills up to `limit` vectors with what comes next; answers how many.
  std::size_t gather(iovec* vectors, std::size_t limit) const;
  /// The first `size` bytes were sent.
  void consume(std::size_t size);
  void clear();

 private:
  struct Chunk {
    const char* data;
    std::size_t size;
    void* owner;
  };

  void forget_consumed();

  std::vector<Chunk> chunks_;  ///< not a deque: that takes half a KiB, and most connections never queue anything
  std::size_t first_ = 0;      ///< of chunks_, those before it are gone
  std::size_t size_bytes_ = 0;
  Release release_;
};

}  // namespace loopscope::loop

#include "loop/write_queue.h"

#include <algorithm>
#include <utility>

namespace loopscope::loop {

void WriteQueue::push(const char* data, std::size_t size, void* owner) {
  chunks_.push_back({data, size, owner});
  size_bytes_ += size;
}

std::size_t WriteQueue::gather(iovec* vectors, std::size_t limit) const {
  const std::size_t count = std::min(limit, chunks_.size() - first_);
  for (std::size_t i = 0; i < count; ++i) {
    const Chunk& chunk = chunks_[first_ + i];
    vectors[i] = {const_cast<char*>(chunk.data), chunk.size};
  }
  return count;
}

void WriteQueue::consume(std::size_t size) {
  size_bytes_ -= size;
  while (size > 0 && first_ < chunks_.size()) {  // a release may have cleared the queue
    Chunk& first = chunks_[first_];
    if (size < first.size) {
      first.data += size;
      first.size -= size;
      break;
    }
    size -= first.size;
    void* owner = first.owner;
    ++first_;
    release_(owner);
  }
  forget_consumed();
}

void WriteQueue::forget_consumed() {
  constexpr std::size_t kKeptCapacity = 16;
  if (first_ == chunks_.size()) {
    first_ = 0;
    if (chunks_.capacity() > kKeptCapacity)
      std::vector<Chunk>().swap(chunks_);
    else
      chunks_.clear();
  } else if (first_ > chunks_.size() / 2) {
    chunks_.erase(chunks_.begin(), chunks_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void WriteQueue::clear() {
  const std::vector<Chunk> doomed = std::exchange(chunks_, {});
  const std::size_t first = std::exchange(first_, 0);
  size_bytes_ = 0;
  for (std::size_t i = first; i < doomed.size(); ++i) release_(doomed[i].owner);
}

}  // namespace loopscope::loop

#include "loop/write_queue.h"

#include <algorithm>

namespace loopscope::loop {

void WriteQueue::push(const char* data, std::size_t size, void* owner) {
  chunks_.push_back({data, size, owner});
  size_bytes_ += size;
}

std::size_t WriteQueue::gather(iovec* vectors, std::size_t limit) const {
  const std::size_t count = std::min(limit, chunks_.size());
  for (std::size_t i = 0; i < count; ++i) vectors[i] = {const_cast<char*>(chunks_[i].data), chunks_[i].size};
  return count;
}

void WriteQueue::consume(std::size_t size) {
  size_bytes_ -= size;
  while (size > 0) {
    Chunk& first = chunks_.front();
    if (size < first.size) {
      first.data += size;
      first.size -= size;
      return;
    }
    size -= first.size;
    void* owner = first.owner;
    chunks_.pop_front();
    release_(owner);
  }
}

void WriteQueue::clear() {
  std::deque<Chunk> doomed;
  doomed.swap(chunks_);
  size_bytes_ = 0;
  for (const Chunk& chunk : doomed) release_(chunk.owner);
}

}  // namespace loopscope::loop

#pragma once
/// Callbacks in the order in which they will run: a ring that grows by doubling.
///
/// Thread: the loop's (bindings: whoever holds the GIL). Owner: of one reference to each callback in it.

#include <cstddef>
#include <memory>
#include <utility>

#include "loop/callback.h"

namespace loopscope::loop {

class ReadyQueue {
 public:
  ReadyQueue() : slots_(new Callback*[kFirstCapacity]), mask_(kFirstCapacity - 1) {}
  ~ReadyQueue() { clear(); }
  ReadyQueue(const ReadyQueue&) = delete;
  ReadyQueue& operator=(const ReadyQueue&) = delete;

  [[nodiscard]] bool empty() const { return first_ == last_; }
  [[nodiscard]] std::size_t size() const { return last_ - first_; }
  [[nodiscard]] Callback& front() const { return *slots_[first_ & mask_]; }

  void push(Callback& callback) {
    if (size() > mask_) [[unlikely]]
      grow();
    callback.set_queued(true);
    slots_[last_++ & mask_] = &callback;
  }
  /// The caller has the reference now.
  Callback& pop() {
    Callback& callback = *slots_[first_++ & mask_];
    callback.set_queued(false);
    return callback;
  }
  void clear() {
    while (!empty()) pop().drop();
  }
  template <typename Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = first_; i != last_; ++i) visit(*slots_[i & mask_]);
  }

 private:
  static constexpr std::size_t kFirstCapacity = 256;

  void grow() {
    const auto count = size();
    std::unique_ptr<Callback*[]> wider(new Callback*[2 * (mask_ + 1)]);
    for (std::size_t i = 0; i < count; ++i) wider[i] = slots_[(first_ + i) & mask_];
    slots_ = std::move(wider);
    mask_ = 2 * mask_ + 1;
    first_ = 0;
    last_ = count;
  }

  std::unique_ptr<Callback*[]> slots_;
  std::size_t mask_;
  std::size_t first_ = 0;
  std::size_t last_ = 0;
};

}  // namespace loopscope::loop

#include "loop/timer_heap.h"

#include <algorithm>

namespace loopscope::loop {
namespace {

constexpr std::size_t kArity = 4;
constexpr std::size_t kLeastToRebuild = 100;

bool before(const TimerHeap::Timer& a, const TimerHeap::Timer& b) {
  return a.due_ns != b.due_ns ? a.due_ns < b.due_ns : a.sequence < b.sequence;
}

}  // namespace

std::uint64_t TimerHeap::push(std::int64_t due_ns, Callback& callback) {
  const Timer timer{due_ns, next_sequence_++, &callback};
  push_back(timer);
  return timer.sequence;
}

void TimerHeap::push_back(const Timer& timer) {
  timer.callback->set_in_heap(true);
  heap_.push_back(timer);
  sift_up(heap_.size() - 1, timer);
}

const TimerHeap::Timer* TimerHeap::first() {
  while (!heap_.empty() && heap_.front().callback->cancelled()) {
    --cancelled_;
    pop().callback->drop();
  }
  return heap_.empty() ? nullptr : &heap_.front();
}

TimerHeap::Timer TimerHeap::pop() {
  const Timer top = heap_.front();
  const Timer last = heap_.back();
  top.callback->set_in_heap(false);
  heap_.pop_back();
  if (!heap_.empty())
    sift_down(0, last);
  return top;
}

void TimerHeap::count_cancelled() {
  ++cancelled_;
  if (heap_.size() > kLeastToRebuild && 2 * cancelled_ > heap_.size())
    remove_cancelled();
}

void TimerHeap::clear() {
  std::vector<Timer> doomed;
  doomed.swap(heap_);
  cancelled_ = 0;
  for (const Timer& timer : doomed) {
    timer.callback->set_in_heap(false);
    timer.callback->drop();
  }
}

void TimerHeap::remove_cancelled() {
  std::vector<Callback*> doomed;
  doomed.reserve(cancelled_);
  std::erase_if(heap_, [&](const Timer& timer) {
    if (timer.callback->cancelled())
      doomed.push_back(timer.callback);
    return timer.callback->cancelled();
  });
  for (std::size_t i = heap_.size() / kArity + 1; i-- > 0;) {
    if (i < heap_.size())
      sift_down(i, heap_[i]);
  }
  cancelled_ = 0;
  for (Callback* callback : doomed) {
    callback->set_in_heap(false);
    callback->drop();
  }
}

void TimerHeap::sift_up(std::size_t index, Timer timer) {
  while (index > 0) {
    const std::size_t parent = (index - 1) / kArity;
    if (!before(timer, heap_[parent]))
      break;
    heap_[index] = heap_[parent];
    index = parent;
  }
  heap_[index] = timer;
}

void TimerHeap::sift_down(std::size_t index, Timer timer) {
  const std::size_t size = heap_.size();
  for (;;) {
    const std::size_t child = kArity * index + 1;
    if (child >= size)
      break;
    std::size_t least = child;
    for (std::size_t i = child + 1; i < std::min(child + kArity, size); ++i) {
      if (before(heap_[i], heap_[least]))
        least = i;
    }
    if (!before(heap_[least], timer))
      break;
    heap_[index] = heap_[least];
    index = least;
  }
  heap_[index] = timer;
}

}  // namespace loopscope::loop

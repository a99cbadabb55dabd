#include "loop/timer_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/loop/test_callback.h"

namespace loopscope::loop {
namespace {

TEST(TimerHeap, BeginsEmpty) {
  TimerHeap heap;
  EXPECT_EQ(heap.first(), nullptr);
  EXPECT_EQ(heap.size(), 0U);
}

TEST(TimerHeap, GivesTimersByDueTimeAndThenInTheOrderTheyWereSet) {
  TimerHeap heap;
  std::mt19937 random(2);
  std::vector<TestCallback> callbacks(2000);
  std::vector<std::pair<std::int64_t, std::uint64_t>> model;
  for (TestCallback& callback : callbacks) {
    const auto due_ns = static_cast<std::int64_t>(random() % 100);
    model.emplace_back(due_ns, heap.push(due_ns, callback.counted()));
  }
  std::sort(model.begin(), model.end());
  for (const auto& [due_ns, sequence] : model) {
    ASSERT_NE(heap.first(), nullptr);
    const TimerHeap::Timer timer = heap.pop();
    EXPECT_EQ(timer.due_ns, due_ns);
    EXPECT_EQ(timer.sequence, sequence);
  }
  EXPECT_EQ(heap.first(), nullptr);
}

void cancel(TimerHeap& heap, TestCallback& callback) {
  callback.set_cancelled();
  heap.count_cancelled();
}

TEST(TimerHeap, SkipsAndDropsCancelledTimers) {
  TimerHeap heap;
  TestCallback soon, later;
  heap.push(1, soon.counted());
  heap.push(2, later.counted());
  cancel(heap, soon);
  EXPECT_EQ(heap.size(), 1U);
  ASSERT_NE(heap.first(), nullptr);
  EXPECT_EQ(heap.first()->callback, &later);
  EXPECT_EQ(soon.references(), 0);
  heap.clear();
}

TEST(TimerHeap, DropsCancelledTimersOnceTheyAreTheMajority) {
  TimerHeap heap;
  std::vector<TestCallback> callbacks(1000);
  for (std::size_t i = 0; i < callbacks.size(); ++i)
    heap.push(static_cast<std::int64_t>(i), callbacks[i].counted());
  for (std::size_t i = 400; i < 1000; ++i) cancel(heap, callbacks[i]);
  EXPECT_EQ(heap.size(), 400U);
  EXPECT_GE(std::count_if(callbacks.begin(), callbacks.end(), [](const auto& c) { return c.drops() == 1; }), 500);
  for (std::size_t i = 0; i < 400; ++i) {
    ASSERT_NE(heap.first(), nullptr);
    ASSERT_EQ(heap.pop().callback, &callbacks[i]);
  }
  heap.clear();
}

TEST(TimerHeap, TellsItsCallbacksWhetherTheyAreInIt) {
  TimerHeap heap;
  TestCallback callback;
  heap.push(1, callback.counted());
  EXPECT_TRUE(callback.in_heap());
  heap.pop();
  EXPECT_FALSE(callback.in_heap());
}

TEST(TimerHeap, GivesEveryReferenceBackWhenCleared) {
  TestCallback callback;
  {
    TimerHeap heap;
    heap.push(1, callback.counted());
  }
  EXPECT_EQ(callback.references(), 0);
}

}  // namespace
}  // namespace loopscope::loop

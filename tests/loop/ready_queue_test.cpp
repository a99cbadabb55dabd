#include "loop/ready_queue.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <vector>

#include "tests/loop/test_callback.h"

namespace loopscope::loop {
namespace {

TEST(ReadyQueue, BeginsEmpty) {
  const ReadyQueue queue;
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.size(), 0U);
}

TEST(ReadyQueue, HandsOutInTheOrderOfArrivalAcrossGrowth) {
  ReadyQueue queue;
  std::deque<TestCallback*> model;
  std::vector<TestCallback> callbacks(3000);
  std::mt19937 random(1);
  std::size_t next = 0;
  while (next < callbacks.size() || !model.empty()) {
    const bool push = next < callbacks.size() && (model.empty() || random() % 5 != 0);
    if (push) {
      queue.push(callbacks[next].counted());
      model.push_back(&callbacks[next++]);
    } else {
      ASSERT_EQ(&queue.pop(), model.front());
      model.pop_front();
    }
    ASSERT_EQ(queue.size(), model.size());
  }
}

TEST(ReadyQueue, KnowsWhichCallbacksAreQueued) {
  ReadyQueue queue;
  TestCallback callback;
  EXPECT_FALSE(callback.queued());
  queue.push(callback.counted());
  EXPECT_TRUE(callback.queued());
  queue.pop();
  EXPECT_FALSE(callback.queued());
}

TEST(ReadyQueue, GivesEveryReferenceBackWhenCleared) {
  TestCallback callback;
  {
    ReadyQueue queue;
    queue.push(callback.counted());
    queue.push(callback.counted());
  }
  EXPECT_EQ(callback.references(), 0);
  EXPECT_EQ(callback.drops(), 2);
}

}  // namespace
}  // namespace loopscope::loop

#include "loop/write_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace loopscope::loop {
namespace {

std::vector<void*> released;
void release(void* owner) {
  released.push_back(owner);
}

std::string first_bytes(const WriteQueue& queue) {
  iovec vectors[8];
  std::string text;
  for (std::size_t i = 0, count = queue.gather(vectors, 8); i < count; ++i)
    text.append(static_cast<const char*>(vectors[i].iov_base), vectors[i].iov_len);
  return text;
}

class WriteQueueTest : public testing::Test {
 protected:
  void SetUp() override { released.clear(); }
  WriteQueue queue_{release};
  int a_ = 0, b_ = 0, c_ = 0;
};

TEST_F(WriteQueueTest, BeginsEmpty) {
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(first_bytes(queue_), "");
}

TEST_F(WriteQueueTest, KeepsBytesInOrder) {
  queue_.push("abc", 3, &a_);
  queue_.push("de", 2, &b_);
  EXPECT_EQ(queue_.size_bytes(), 5U);
  EXPECT_EQ(first_bytes(queue_), "abcde");
}

TEST_F(WriteQueueTest, ReleasesAChunkOnlyWithItsLastByte) {
  queue_.push("abc", 3, &a_);
  queue_.push("de", 2, &b_);
  queue_.consume(2);
  EXPECT_EQ(first_bytes(queue_), "cde");
  EXPECT_TRUE(released.empty());
  queue_.consume(2);
  EXPECT_EQ(first_bytes(queue_), "e");
  EXPECT_EQ(released, (std::vector<void*>{&a_}));
  queue_.consume(1);
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(released, (std::vector<void*>{&a_, &b_}));
}

TEST_F(WriteQueueTest, GathersAtMostWhatItIsAskedFor) {
  for (int i = 0; i < 5; ++i) queue_.push("x", 1, &a_);
  iovec vectors[3];
  EXPECT_EQ(queue_.gather(vectors, 3), 3U);
}

TEST_F(WriteQueueTest, ReleasesEverythingWhenCleared) {
  queue_.push("abc", 3, &a_);
  queue_.push("de", 2, &b_);
  queue_.clear();
  EXPECT_EQ(released, (std::vector<void*>{&a_, &b_}));
  EXPECT_EQ(queue_.size_bytes(), 0U);
}

TEST_F(WriteQueueTest, KeepsBytesInOrderHoweverTheyAreConsumed) {
  const std::string text = "the quick brown fox jumps over the lazy dog";
  std::string pushed, consumed;
  for (std::size_t step = 0; step < 1000; ++step) {
    const std::size_t begin = step % text.size(), size = std::min<std::size_t>(1 + step % 7, text.size() - begin);
    queue_.push(text.data() + begin, size, nullptr);
    pushed.append(text, begin, size);
    const std::size_t some = std::min<std::size_t>(step % 9, first_bytes(queue_).size());
    consumed.append(first_bytes(queue_), 0, some);
    queue_.consume(some);
  }
  while (!queue_.empty()) {
    const std::string bytes = first_bytes(queue_);
    consumed += bytes;
    queue_.consume(bytes.size());
  }
  EXPECT_EQ(consumed, pushed);
  EXPECT_EQ(released.size(), 1000U);
}

}  // namespace
}  // namespace loopscope::loop

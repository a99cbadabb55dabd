#include "loop/write_coalescing.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>

namespace loopscope::loop {
namespace {

class WriteCoalescingTest : public testing::Test {
 protected:
  /// One callback that writes so much, and so much...: "held" and "left" for each, and "rest" if some left at its end.
  std::string callback(std::initializer_list<std::size_t> sizes) {
    std::string words;
    for (const std::size_t size : sizes) {
      if (coalescing_.hold(size, now_ns_)) {
        words += "held ";
      } else {
        words += "left ";
        release();
      }
      now_ns_ += between_writes_ns_;
    }
    if (coalescing_.holding())
      words += "rest ";
    release();
    coalescing_.callback_returned();
    return words;
  }

  void release() {
    if (coalescing_.holding())
      coalescing_.released(now_ns_);
  }

  WriteCoalescing coalescing_;
  std::int64_t now_ns_ = 1'000'000'000;
  std::int64_t between_writes_ns_ = 1000;
};

TEST_F(WriteCoalescingTest, HoldsNothingOfTheFirstCallback) {
  EXPECT_EQ(callback({100, 1000}), "left left ");
}

TEST_F(WriteCoalescingTest, HoldsAllButTheLastOfAsManyWritesAsTheCallbackBeforeMade) {
  callback({100, 1000});
  EXPECT_EQ(callback({100, 1000}), "held left ");
  EXPECT_EQ(callback({100, 1000, 10}), "held left left ");
  EXPECT_EQ(callback({100, 1000, 10}), "held held left ");
}

TEST_F(WriteCoalescingTest, HoldsNothingAfterACallbackThatWroteOnce) {
  callback({100, 1000});
  EXPECT_EQ(callback({100}), "held rest ");
  EXPECT_EQ(callback({100, 1000}), "left left ");
}

TEST_F(WriteCoalescingTest, HoldsNoMoreThanItsLimits) {
  callback({1, 1, 1, 1});
  EXPECT_EQ(callback({16 * 1024, 1, 16 * 1024, 1}), "held left held left ");
  callback({1, 100'000});
  EXPECT_EQ(callback({100'000, 1}), "left left ");
}

TEST_F(WriteCoalescingTest, LetsManySmallWritesLeaveInGroups) {
  const auto group = static_cast<int>(WriteCoalescing::kMostHeldWrites);
  for (int round = 0; round < 2; ++round) {
    int left = 0;
    for (int i = 0; i < 4 * (group + 1); ++i) {
      if (coalescing_.hold(1, now_ns_))
        continue;
      ++left;
      release();
    }
    release();
    coalescing_.callback_returned();
    EXPECT_EQ(left, round == 0 ? 4 * (group + 1) : 4);
  }
}

TEST_F(WriteCoalescingTest, AStreamWhosePeerHadToWaitHoldsNothingForSomeCallbacks) {
  callback({100, 1000});
  between_writes_ns_ = WriteCoalescing::kLongestHoldNs + 1;
  EXPECT_EQ(callback({100, 1000}), "held left ");
  for (int i = 1; i < WriteCoalescing::kCallbacksWithoutHold; ++i) EXPECT_EQ(callback({100, 1000}), "left left ");
  EXPECT_EQ(callback({100, 1000}), "held left ");
}

}  // namespace
}  // namespace loopscope::loop

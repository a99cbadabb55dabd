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
      words += write(size) ? "held " : "left ";
      now_ns_ += between_writes_ns_;
    }
    if (coalescing_.holding())
      words += "rest ";
    release();
    coalescing_.callback_returned();
    return words;
  }

  bool write(std::size_t size) {
    const bool held = coalescing_.hold(size, now_ns_);
    coalescing_.count();
    if (!held)
      release();
    return held;
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

TEST_F(WriteCoalescingTest, AStreamWhosePeerHadToWaitHoldsNothingForSomeCallbacks) {
  callback({100, 1000});
  between_writes_ns_ = WriteCoalescing::kLongestHoldNs + 1;
  EXPECT_EQ(callback({100, 1000}), "held left ");
  for (int i = 1; i < WriteCoalescing::kCallbacksWithoutHold; ++i) EXPECT_EQ(callback({100, 1000}), "left left ");
  EXPECT_EQ(callback({100, 1000}), "held left ");
}

}  // namespace
}  // namespace loopscope::loop

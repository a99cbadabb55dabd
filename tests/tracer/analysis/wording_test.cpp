#include "tracer/analysis/wording.h"

#include <gtest/gtest.h>

namespace loopscope::tracer {
namespace {

TEST(Wording, WritesDurationsWithAFittingUnit) {
  EXPECT_EQ(duration_text(0), "0 ns");
  EXPECT_EQ(duration_text(640), "640 ns");
  EXPECT_EQ(duration_text(2'100), "2.1 µs");
  EXPECT_EQ(duration_text(29'600'000), "29.6 ms");
  EXPECT_EQ(duration_text(352'000'000), "352 ms");
  EXPECT_EQ(duration_text(1'250'000'000), "1.2 s");
  EXPECT_EQ(duration_text(999'600), "1.0 ms");
  EXPECT_EQ(duration_text(-3'000), "-3.0 µs");
}

TEST(Wording, WritesTimeoutsAsTheKernelTakesThem) {
  EXPECT_EQ(timeout_text(-1), "no limit");
  EXPECT_EQ(timeout_text(0), "0 ms");
  EXPECT_EQ(timeout_text(12), "12 ms");
  EXPECT_EQ(timeout_text(1500), "1.5 s");
}

TEST(Wording, GroupsDigitsByThree) {
  EXPECT_EQ(count_text(7), "7");
  EXPECT_EQ(count_text(182'334), "182 334");
  EXPECT_EQ(count_text(1'000'000), "1 000 000");
}

TEST(Wording, ShortensLargeCountsAndNeverSaysMoreThanThereAre) {
  EXPECT_EQ(brief_count_text(999'999), "999 999");
  EXPECT_EQ(brief_count_text(1'239'999), "1.23 M");
  EXPECT_EQ(brief_count_text(1'000'001), "1.00 M");
  EXPECT_EQ(brief_count_text(23'684'999), "23.6 M");
  EXPECT_EQ(brief_count_text(999'999'999), "999 M");
  EXPECT_EQ(brief_count_text(23'684'999'999), "23 684 M");
}

TEST(Wording, DoesNotCallALittleNothing) {
  EXPECT_EQ(percent_text(0.0003), "<0.1 %");
  EXPECT_EQ(percent_text(0.0006), "0.1 %");
  EXPECT_EQ(percent_text(0), "0 %");
}

TEST(Wording, DoesNotCallNearlyAllAll) {
  EXPECT_EQ(percent_text(0.996), "99.6 %") << "0.4 % may stand beside it";
  EXPECT_EQ(percent_text(0.9999), "99.9 %");
  EXPECT_EQ(percent_text(0.994), "99 %");
  EXPECT_EQ(percent_text(1), "100 %");
}

TEST(Wording, CallsStepsByTheirCoroutineAndFunctionsWithParentheses) {
  const Name name{"serve_client", "/srv/chat.py", 71};
  EXPECT_EQ(callable_text(name), "serve_client()");
  EXPECT_EQ(callable_text(name, CallbackKind::task_step), "Task serve_client");
  EXPECT_EQ(callable_text({"<lambda>", "", 0}), "<lambda>");
  EXPECT_EQ(place_text(name), "chat.py:71");
  EXPECT_EQ(place_text({"len", "", 0}), "");
}

TEST(Wording, WritesSharesAndBytes) {
  EXPECT_EQ(percent_text(0.71), "71 %");
  EXPECT_EQ(percent_text(0.009), "0.9 %");
  EXPECT_EQ(percent_text(0), "0 %");
  EXPECT_EQ(bytes_text(640), "640 B");
  EXPECT_EQ(bytes_text(4.1e6), "4.1 MB");
}

}  // namespace
}  // namespace loopscope::tracer
